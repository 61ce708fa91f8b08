-- The timeline and the monthly engagement hold every sale of a known customer, with the same money.
with

orders as (

    select
        count(*) as sales,
        sum(net_revenue) as net_revenue
    from {{ ref('fct_orders') }}
    where
        is_sale
        and customer_key <> 'guest'

),

timeline as (

    select
        count(*) as sales,
        sum(net_revenue) as net_revenue
    from {{ ref('fct_customer_timeline') }}
    where event_type = 'order'

),

engagement as (

    select sum(orders) as sales
    from {{ ref('fct_customer_engagement') }}

)

select
    orders.sales,
    timeline.sales as timeline_sales,
    engagement.sales as engagement_sales,
    orders.net_revenue,
    timeline.net_revenue as timeline_net_revenue
from orders
cross join timeline
cross join engagement
where
    orders.sales <> timeline.sales
    or orders.sales <> coalesce(engagement.sales, 0)
    or orders.net_revenue <> timeline.net_revenue
