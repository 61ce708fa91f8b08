-- Lifetime value by value tier. Every tier of the rule has a row, also an empty one.
with

customers as (

    select * from {{ ref('fct_customer_cltv') }}

),

value_tiers as (

    select * from {{ ref('value_tiers') }}

),

grouped as (

    select
        value_tier,
        {{ grouped_cltv_columns() }}

    from customers
    group by value_tier

)

select
    value_tiers.value_tier,
    value_tiers.tier_rank,
    {{ grouped_cltv_select() }}
from value_tiers
left join grouped
    on value_tiers.value_tier = grouped.value_tier
