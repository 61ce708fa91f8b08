{# The amounts that are summed by customer and month before the rungs of the ladder are worked out. #}
{% macro ladder_amounts() %}
    {{ return([
        'gross_sales', 'discounts', 'refunds_restated', 'refunds_moved', 'shipping_charged_restated',
        'shipping_refunds_moved', 'cost_of_goods_restated', 'restocked_cost_moved', 'shipping_cost', 'payment_fees',
        'ticket_cost', 'contact_cost', 'message_cost', 'return_cost', 'loyalty_cost', 'acquisition_cost',
    ]) }}
{% endmacro %}


{#
  One source's entries into the ladder of its customers and months: a select statement in which all other columns are
  zero, so that sources can be united before they are summed. Joining them would lose the months that only one has.

  Arguments:
    relation  CTE or model with customer_key
    month     SQL: the month of the entry
    values    {column: SQL}
#}
{% macro ladder_entries(relation, month, values) %}
    select
        customer_key,
        {{ month }} as activity_month,
        {%- for count in ['orders', 'unknown_costs', 'unknown_costs_moved', 'unknown_acquisition'] %}
        cast({{ values.get(count, 0) }} as integer) as {{ count }},
        {%- endfor %}
        cast({{ values.get('unrated_driver', 'null') }} as {{ dbt.type_string() }}) as unrated_driver
        {%- for amount in ladder_amounts() %},
        cast({{ values.get(amount, 0) }} as {{ money_type() }}) as {{ amount }}
        {%- endfor %}

    from {{ relation }}
{%- endmacro %}


{# The rungs of the ladder on which a customer's value is stated. #}
{% macro ladder_bases() %}{{ return(['net_revenue', 'gross_margin', 'contribution']) }}{% endmacro %}
