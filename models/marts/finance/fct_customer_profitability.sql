-- Who brings more than they cost: revenue, margin, cost to serve and contribution of each customer, with their ranks.
with

customers as (

    select * from {{ ref('int_customers__contribution') }}

),

-- ranks alone are sorted, not all that is known of a customer
ranked as (

    select
        customer_key,
        row_number() over (order by net_revenue desc, customer_key asc) as net_revenue_rank,
        sum(net_revenue) over (order by net_revenue desc, customer_key asc rows unbounded preceding) as revenue_up_to,
        sum(net_revenue) over () as revenue_of_all,
        case
            when contribution is not null
                then row_number() over (order by contribution desc nulls last, customer_key asc)
        end as contribution_rank

    from customers

)

select
    ---------- ids
    customers.customer_key,

    ---------- texts
    dim_customers.acquisition_channel,
    dim_customers.customer_type,
    customers.contribution_reason,

    ---------- realised, reporting currency, without tax, refunds on the order's date
    cast(customers.sale_orders as integer) as sale_orders,
    cast(customers.net_revenue as {{ money_type() }}) as realised_net_revenue,
    cast(customers.gross_margin as {{ money_type() }}) as realised_gross_margin,
    {%- for family in service_cost_families() %}
    cast(customers.{{ family }}_cost as {{ money_type() }}) as {{ family }}_cost,
    {%- endfor %}
    cast(customers.cost_to_serve as {{ money_type() }}) as cost_to_serve,
    cast(customers.contribution as {{ money_type() }}) as realised_contribution,
    cast(won.acquisition_cost as {{ money_type() }}) as acquisition_cost,
    -- whoever has not bought has not been won
    cast(
        customers.contribution - case when won.customer_key is null then 0 else won.acquisition_cost end
        as {{ money_type() }}
    ) as contribution_after_acquisition,

    ---------- shares and ranks
    {{ divide('customers.net_revenue', 'ranked.revenue_of_all') }} as share_of_net_revenue,
    {{ divide('ranked.revenue_up_to', 'ranked.revenue_of_all') }} as cumulative_share_of_net_revenue,
    cast(ranked.net_revenue_rank as integer) as net_revenue_rank,
    cast(ranked.contribution_rank as integer) as contribution_rank,

    ---------- booleans
    customers.contribution < 0 as costs_more_than_brings
from customers
inner join ranked
    on customers.customer_key = ranked.customer_key
inner join {{ ref('dim_customers') }} as dim_customers
    on customers.customer_key = dim_customers.customer_key
left join {{ ref('int_customers__won') }} as won
    on customers.customer_key = won.customer_key
