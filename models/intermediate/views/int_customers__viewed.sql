{{ config(materialized='view') }}

-- All that the views add up, and the members that a customer belongs to as a whole: one row per customer.
-- A view: the members are counted on it and the views are summed from it, each by the columns they need.
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
    coalesce(dim_customers.sales_rep_id, 'none') as sales_rep,
    cast(extract(year from customers.first_purchased_on) as integer) as first_year,

    ---------- booleans
    customers.first_purchased_on is not null as is_buyer,
    coalesce(customers.frequency > 0, false) as is_repeat_buyer,
    customers.probabilistic_net_revenue_next_12m is not null as is_predicted,
    coalesce(value_tiers.is_top_tier, false) as is_top_tier,
    coalesce(bought.bought_year_before, false) as bought_year_before,
    coalesce(bought.bought_year_before and bought.bought_last_year, false) as is_retained,

    ---------- what is added up
    {%- for column in viewed_money() %}
    {%- if not column.startswith('at_risk_') and column != 'acquisition_cost' %}
    customers.{{ column }},
    {%- endif %}
    {%- endfor %}
    {%- for basis in viewed_bases() %}
    -- (1 - P) × what is expected of a customer who is still one; of somebody given up for lost, a hundredth of that
    {{ predicted_money(
        'customers.probabilistic_' ~ basis ~ '_next_12m * (1 - customers.probability_alive)'
        ~ ' / greatest(customers.probability_alive, 0.01e0)'
    ) }} as at_risk_{{ basis }}_next_12m,
    {%- endfor %}
    won.acquisition_cost,
    customers.realised_contribution >= won.acquisition_cost as is_paid_back,
    customers.expected_orders_12m,
    cast(customers.probability_alive as decimal(9, 6)) as probability_alive,
    -- nine of ten customers end between p05 and p95, as do nine of ten draws of a bell within ± 1.645 deviations
    (customers.net_revenue_next_12m_p95 - customers.net_revenue_next_12m_p05) / 3.29e0 as next_12m_deviation
from customers
inner join {{ ref('dim_customers') }} as dim_customers
    on customers.customer_key = dim_customers.customer_key
left join value_tiers
    on customers.value_tier = value_tiers.value_tier
left join plans
    on customers.customer_key = plans.customer_key
left join bought
    on customers.customer_key = bought.customer_key
left join {{ ref('int_customers__won') }} as won
    on customers.customer_key = won.customer_key
