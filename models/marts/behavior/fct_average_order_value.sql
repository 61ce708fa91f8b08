-- Average order value by month, channel and customer type, with the sums from which it is re-aggregated.
with

orders as (

    select * from {{ ref('fct_orders') }}
    where
        is_sale
        and order_type <> 'replacement'

),

customers as (

    select * from {{ ref('dim_customers') }}

),

-- a customer counts once a month, however many orders
by_customer as (

    select
        {{ month_start('ordered_on') }} as order_month,
        customer_key,
        count(*) as orders,
        {{ sum_money('gross_sales') }} as gross_sales,
        {{ sum_money('discounts') }} as discounts,
        {{ sum_money('refunds') }} as refunds,
        {{ sum_money('net_revenue') }} as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin

    from orders
    group by
        {{ month_start('ordered_on') }},
        customer_key

),

grouped as (

    select
        by_customer.order_month,
        coalesce(customers.acquisition_channel, 'guest') as acquisition_channel,
        coalesce(customers.customer_type, 'guest') as customer_type,
        cast(sum(by_customer.orders) as {{ dbt.type_bigint() }}) as orders,
        count(customers.customer_key) as customers,
        {{ sum_money('by_customer.gross_sales') }} as gross_sales,
        {{ sum_money('by_customer.discounts') }} as discounts,
        {{ sum_money('by_customer.refunds') }} as refunds,
        {{ sum_money('by_customer.net_revenue') }} as net_revenue,
        {{ sum_if_complete('by_customer.gross_margin') }} as gross_margin

    from by_customer
    left join customers
        on by_customer.customer_key = customers.customer_key
    group by
        by_customer.order_month,
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
