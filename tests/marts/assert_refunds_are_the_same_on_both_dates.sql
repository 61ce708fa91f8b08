-- The money given back is the same whether it is dated by the refund or restated to the order.
with

by_refund as (

    select
        order_id,
        sum(refunds) as refunds
    from {{ ref('fct_refunds') }}
    group by order_id

)

select
    orders.order_id,
    orders.refunds,
    by_refund.refunds as refunds_on_their_own_date
from {{ ref('fct_orders') }} as orders
left join by_refund
    on orders.order_id = by_refund.order_id
where coalesce(by_refund.refunds, 0) <> orders.refunds
