-- What really happened after each origin that lies in the past, and what the year before it looked like.
with

customers as (

    select * from {{ ref('int_origin_customers') }}
    where origin_kind <> 'now'

),

purchase_days as (

    select
        customers.origin_id,
        customers.customer_key,
        purchase_days.purchased_on > customers.origin_date as is_holdout,
        purchase_days.net_revenue

    from customers
    inner join {{ ref('int_customers__purchase_days') }} as purchase_days
        on
            customers.customer_key = purchase_days.customer_key
            and {{ add_days('customers.origin_date', -365) }} < purchase_days.purchased_on
            and {{ add_days('customers.origin_date', 'customers.horizon_days') }} >= purchase_days.purchased_on

),

outcomes as (

    select
        origin_id,
        customer_key,
        {{ count_if('is_holdout') }} as holdout_orders,
        {{ sum_money('case when is_holdout then net_revenue else 0 end') }} as holdout_net_revenue,
        {{ count_if('not is_holdout') }} as orders_last_year,
        {{ sum_money('case when is_holdout then 0 else net_revenue end') }} as net_revenue_last_year

    from purchase_days
    group by
        origin_id,
        customer_key

)

select
    {{ row_key(['customers.origin_id', 'customers.customer_key']) }} as history_id,
    customers.origin_id,
    customers.customer_key,
    cast(coalesce(outcomes.holdout_orders, 0) as integer) as holdout_orders,
    coalesce(outcomes.holdout_net_revenue, 0) as holdout_net_revenue,
    cast(coalesce(outcomes.orders_last_year, 0) as integer) as orders_last_year,
    coalesce(outcomes.net_revenue_last_year, 0) as net_revenue_last_year
from customers
left join outcomes
    on
        customers.origin_id = outcomes.origin_id
        and customers.customer_key = outcomes.customer_key
