-- The demo's customers were given a future. What the forecast expects of them in the first twelve months is within 10 %
-- of it, in orders and in money, and inside its own band; and it is the sum of what each customer is expected to bring.
{{ config(enabled=demo_is_as_planted(figures=true)) }}
with

planted as (

    select
        sum(true_orders_next_12m) as orders,
        sum(true_net_revenue_next_12m) as net_revenue
    from {{ ref('demo_truth_customers') }}

),

foreseen as (

    select
        sum(expected_orders) as orders,
        sum(expected_net_revenue) as net_revenue,
        sum(expected_net_revenue_lower) as net_revenue_lower,
        sum(expected_net_revenue_upper) as net_revenue_upper
    from {{ ref('fct_revenue_forecast') }}
    where
        forecast_source = 'existing_customers'
        and month_index between 1 and 12

),

by_customer as (

    select sum(probabilistic_net_revenue_next_12m) as net_revenue
    from {{ ref('fct_customer_cltv') }}

)

select
    planted.*,
    foreseen.orders as foreseen_orders,
    foreseen.net_revenue as foreseen_net_revenue,
    by_customer.net_revenue as net_revenue_by_customer
from planted
cross join foreseen
cross join by_customer
where
    abs(foreseen.orders - planted.orders) > 0.1 * planted.orders
    or abs(foreseen.net_revenue - planted.net_revenue) > 0.1 * planted.net_revenue
    or planted.net_revenue not between foreseen.net_revenue_lower and foreseen.net_revenue_upper
    or abs(foreseen.net_revenue - by_customer.net_revenue) > 0.001 * by_customer.net_revenue
