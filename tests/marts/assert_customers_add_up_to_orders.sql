-- What customers have realised is what their orders brought: everything but guests.
with

customers as (

    select coalesce(sum(realised_net_revenue), 0) as net_revenue
    from {{ ref('fct_customer_cltv') }}

),

orders as (

    select coalesce(sum(net_revenue), 0) as net_revenue
    from {{ ref('fct_orders') }}
    where not is_guest

)

select
    customers.net_revenue as net_revenue_of_customers,
    orders.net_revenue as net_revenue_of_orders
from customers
cross join orders
where customers.net_revenue <> orders.net_revenue
