-- The members that a customer belongs to as a whole, and what the views count of a customer beside money: one row per
-- customer.
with

customers as (

    select * from {{ ref('fct_customer_cltv') }}

),

value_tiers as (

    select
        value_tier,
        tier_rank = min(tier_rank) over () as is_top_tier
    from {{ ref('value_tiers') }}

),

-- the contract that was begun last, of those that run
plans as (

    select
        customer_key,
        {{ value_of_last('plan', ['started_on', 'subscription_id']) }} as plan

    from {{ ref('int_subscriptions__known') }}
    where subscription_status = 'active'
    group by customer_key

),

bought as (

    select
        purchase_days.customer_key,
        {{ bought_last_year() }} as bought_last_year,
        {{ bought_year_before() }} as bought_year_before

    from {{ ref('int_customers__purchase_days') }} as purchase_days
    cross join {{ ref('base_crm__as_of') }} as as_of
    group by purchase_days.customer_key

)

select
    ---------- ids
    customers.customer_key,

    ---------- members of the views that never split a customer
    customers.value_tier,
    customers.acquisition_channel,
    customers.channel_group,
    coalesce(dim_customers.acquisition_campaign_id, 'none') as campaign,
    customers.country || ' / ' || customers.region as region,
    customers.country,
    customers.customer_type,
    coalesce(plans.plan, 'no_plan') as plan,

    ---------- today's member of a view that does
    coalesce(dim_customers.sales_rep_id, 'none') as sales_rep,

    ---------- numbers
    cast(extract(year from customers.first_purchased_on) as integer) as first_year,
    customers.realised_net_revenue,
    customers.realised_gross_margin,
    customers.probabilistic_net_revenue_next_12m,
    payback.acquisition_cost,
    payback.payback_days,
    payback.observed_days,

    ---------- booleans
    customers.first_purchased_on is not null as is_buyer,
    coalesce(customers.frequency > 0, false) as is_repeat_buyer,
    coalesce(value_tiers.is_top_tier, false) as is_top_tier,
    coalesce(bought.bought_year_before, false) as bought_year_before,
    coalesce(bought.bought_year_before and bought.bought_last_year, false) as is_retained,
    payback.is_paid_back
from customers
inner join {{ ref('dim_customers') }} as dim_customers
    on customers.customer_key = dim_customers.customer_key
left join value_tiers
    on customers.value_tier = value_tiers.value_tier
left join plans
    on customers.customer_key = plans.customer_key
left join bought
    on customers.customer_key = bought.customer_key
left join {{ ref('fct_customer_payback') }} as payback
    on customers.customer_key = payback.customer_key
