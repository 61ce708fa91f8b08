{#
  The columns that every view of lifetime value by group has: counts, sums and averages over fct_customer_cltv. One
  shape, so that one BI template fits all views.

  Averages of predicted value are over the customers that have a prediction.
#}
{% macro grouped_cltv_columns() %}
    count(*) as customers,
    {{ count_if('first_purchased_on is not null') }} as buyers,
    {{ count_if('frequency > 0') }} as repeat_buyers,
    count(probabilistic_net_revenue_next_12m) as predicted_customers,
    {%- for basis in value_bases() %}
    {{ sum_money('realised_' ~ basis) if basis == 'net_revenue' else sum_if_complete('realised_' ~ basis) }} as realised_{{ basis }},
    {%- for label in value_horizons() %}
    {%- for method in ['historical', 'simple', 'cohort', 'probabilistic'] %}
    {{ sum_money(method ~ '_' ~ basis ~ '_next_' ~ label) }} as {{ method }}_{{ basis }}_next_{{ label }},
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
    sum(expected_orders_12m) as expected_orders_12m,
    {{ divide('sum(realised_net_revenue)', 'count(*)') }} as average_realised_net_revenue,
    {{ divide('sum(probabilistic_net_revenue_next_12m)', 'count(probabilistic_net_revenue_next_12m)') }}
        as average_probabilistic_net_revenue_next_12m,
    {{ divide('sum(probabilistic_net_revenue_total_12m)', 'count(probabilistic_net_revenue_total_12m)') }}
        as average_probabilistic_net_revenue_total_12m,
    {{ divide('sum(probabilistic_gross_margin_total_12m)', 'count(probabilistic_gross_margin_total_12m)') }}
        as average_probabilistic_gross_margin_total_12m,
    {{ divide(count_if('frequency > 0'), count_if('first_purchased_on is not null')) }} as repeat_rate
{%- endmacro %}


{# The same columns read from the CTE `grouped`, typed for the contract; counts and realised value of an empty group are 0. #}
{% macro grouped_cltv_select() %}
    {%- for name in ['customers', 'buyers', 'repeat_buyers', 'predicted_customers'] %}
    cast(coalesce(grouped.{{ name }}, 0) as {{ dbt.type_bigint() }}) as {{ name }},
    {%- endfor %}
    {%- for basis in value_bases() %}
    cast(case when grouped.customers is null then 0 else grouped.realised_{{ basis }} end as {{ money_sum_type() }}) as realised_{{ basis }},
    {%- for label in value_horizons() %}
    {%- for method in ['historical', 'simple', 'cohort', 'probabilistic'] %}
    grouped.{{ method }}_{{ basis }}_next_{{ label }},
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
    cast(grouped.expected_orders_12m as decimal(28, 6)) as expected_orders_12m,
    grouped.average_realised_net_revenue,
    grouped.average_probabilistic_net_revenue_next_12m,
    grouped.average_probabilistic_net_revenue_total_12m,
    grouped.average_probabilistic_gross_margin_total_12m,
    grouped.repeat_rate
{%- endmacro %}
