{{ config(materialized='view') }}

-- What each customer has brought so far, over all orders.
-- A view: one fact reads it.
with

orders as (

    select * from {{ ref('fct_orders') }}
    where
        is_sale
        and customer_key <> 'guest'

),

realised as (

    select
        customer_key,
        count(*) as sale_orders,
        {{ count_if('is_purchase') }} as purchase_orders,
        min(ordered_on) as first_ordered_on,
        max(ordered_on) as last_ordered_on,
        {{ sum_money('net_revenue') }} as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin,
        -- contracts have a future of their own: run-rates and purchase models must not see them
        {{ sum_money("case when order_type = 'subscription' then net_revenue else 0 end") }}
            as subscription_net_revenue,
        {{ sum_money("case when order_type <> 'subscription' then net_revenue else 0 end") }}
            as purchase_net_revenue,
        case
            when count(gross_margin) = count(*)
                then {{ sum_money("case when order_type <> 'subscription' then gross_margin else 0 end") }}
        end as purchase_gross_margin

    from orders
    group by customer_key

)

select * from realised
