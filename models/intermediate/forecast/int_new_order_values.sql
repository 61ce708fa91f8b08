-- What a first and a later order of customers of the last year came to, at each origin: what an order of those still to
-- come is taken to be worth.
with

histories as (

    select
        histories.*,
        {#- what service costs is only known as of now #}
        case when histories.origin_id = 'now' then cltv.expected_service_cost_per_order end as service_cost_per_order
    from {{ ref('int_purchase_histories') }} as histories
    left join {{ ref('fct_customer_cltv') }} as cltv
        on
            histories.customer_key = cltv.customer_key
            and histories.origin_id = 'now'
    where
        histories.age_days < 365
        and histories.origin_id <> 'month_before'

),

summed as (

    select
        origin_id,
        {%- for basis in value_bases() %}
        count({{ basis }}) as customers_{{ basis }},
        sum(case when {{ basis }} is not null then frequency end) as repeats_{{ basis }},
        {{ sum_money('case when ' ~ basis ~ ' is not null then first_day_' ~ basis ~ ' end') }} as first_{{ basis }},
        {{ sum_money(basis) }} as total_{{ basis }},
        {%- endfor %}
        {{ divide('sum(service_cost_per_order)', 'count(service_cost_per_order)') }} as service_cost_per_order

    from histories
    group by origin_id

),

averaged as (

    select
        {%- for basis in value_bases() %}
        {{ divide('first_' ~ basis, 'customers_' ~ basis) }} as first_value_{{ basis }},
        {{ divide('total_' ~ basis ~ ' - first_' ~ basis, 'repeats_' ~ basis) }} as repeat_value_{{ basis }},
        {%- endfor %}
        service_cost_per_order,
        origin_id
    from summed

),

with_contribution as (

    select
        *,
        first_value_gross_margin - service_cost_per_order as first_value_contribution,
        repeat_value_gross_margin - service_cost_per_order as repeat_value_contribution
    from averaged

)

{% for basis in forecast_bases() -%}
select
    {{ row_key(['origin_id', "'" ~ basis ~ "'"]) }} as order_value_id,
    origin_id,
    '{{ basis }}' as value_basis,
    first_value_{{ basis }} as first_order_value,
    repeat_value_{{ basis }} as repeat_order_value
from with_contribution
{{ 'union all' if not loop.last }}
{% endfor %}
