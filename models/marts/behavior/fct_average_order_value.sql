-- Average order value by month, channel and customer type, with the sums, so that it can be re-aggregated without
-- averaging averages.
with

orders as (

    select * from {{ ref('int_orders__valued') }}
    where
        is_sale
        and order_type <> 'replacement'

),

customers as (

    select * from {{ ref('int_customers__unified') }}

),

grouped as (

    select
        {{ month_start('orders.ordered_on') }} as order_month,
        coalesce(customers.acquisition_channel, 'guest') as acquisition_channel,
        coalesce(customers.customer_type, 'guest') as customer_type,
        count(*) as orders,
        count(distinct case when orders.customer_key <> 'guest' then orders.customer_key end) as customers,
        {{ sum_money('orders.gross_sales') }} as gross_sales,
        {{ sum_money('orders.discounts') }} as discounts,
        {{ sum_money('orders.refunds') }} as refunds,
        {{ sum_money('orders.net_revenue') }} as net_revenue,
        {{ sum_if_complete('orders.gross_margin') }} as gross_margin

    from orders
    left join customers
        on orders.customer_key = customers.customer_key
    group by
        {{ month_start('orders.ordered_on') }},
        coalesce(customers.acquisition_channel, 'guest'),
        coalesce(customers.customer_type, 'guest')

)

select
    {{ row_key(['order_month', 'acquisition_channel', 'customer_type']) }} as average_order_value_id,
    order_month,
    acquisition_channel,
    customer_type,
    orders,
    customers,
    gross_sales,
    discounts,
    refunds,
    net_revenue,
    gross_margin,
    {{ divide('gross_sales', 'orders') }} as average_gross_order_value,
    {{ divide('net_revenue', 'orders') }} as average_net_order_value
from grouped
