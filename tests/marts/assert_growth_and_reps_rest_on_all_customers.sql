-- The last month's value so far is that of all orders of customers up to its end; and over all sales reps what is
-- observed is what is expected, but for half a cent for each customer and rep.
with

months as (

    select
        *,
        value_month = max(value_month) over () as is_newest
    from {{ ref('mart_cltv_growth') }}

),

newest as (

    select
        month_end,
        value_to_date,
        customers
    from months
    where
        value_basis = 'net_revenue'
        and is_newest

),

orders as (

    select
        sum(fct_orders.net_revenue) as net_revenue,
        count(distinct fct_orders.customer_key) as customers
    from {{ ref('fct_orders') }} as fct_orders
    inner join newest
        on fct_orders.ordered_on <= newest.month_end
    where
        fct_orders.is_sale
        and fct_orders.customer_key <> 'guest'

)

select
    'growth' as finding,
    newest.value_to_date - orders.net_revenue as difference
from newest
cross join orders
where
    newest.value_to_date <> orders.net_revenue
    or newest.customers <> orders.customers

union all

select
    'sales reps' as finding,
    sum(observed_value) - sum(expected_value) as difference
from {{ ref('mart_sales_rep_adjusted') }}
having abs(sum(observed_value) - sum(expected_value)) > (select 0.01 * count(*) from {{ ref('int_rep_values') }})
