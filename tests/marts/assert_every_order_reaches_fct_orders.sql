-- No join on the way from staging to the fact drops or doubles an order.
with

staged as (

    select
        count(*) as orders,
        count(distinct order_id) as distinct_orders
    from {{ ref('stg_crm__orders') }}

),

shown as (

    select
        count(*) as orders,
        count(distinct order_id) as distinct_orders
    from {{ ref('fct_orders') }}

)

select
    staged.orders as staged_orders,
    shown.orders as shown_orders
from staged
cross join shown
where
    staged.orders <> shown.orders
    or staged.distinct_orders <> shown.distinct_orders
