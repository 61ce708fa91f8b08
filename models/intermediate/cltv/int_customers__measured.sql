{{ config(materialized='view') }}

-- What is known of each customer: what came in and what serving them took, the purchase history, and what the cohort
-- brings from the customer's age on.
-- A view: one model reads it.
with

customers as (

    select * from {{ ref('dim_customers') }}

),

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

realised as (

    select * from {{ ref('int_customers__realised') }}

),

histories as (

    select * from {{ ref('int_purchase_histories') }}
    where origin_id = 'now'

)

select
    customers.customer_key,
    customers.acquisition_channel,
    customers.channel_group,
    customers.customer_type,
    customers.country,
    customers.region,
    as_of.as_of_date,
    histories.first_purchased_on,
    histories.frequency,
    histories.recency_days,
    histories.age_days,
    realised.purchase_orders,
    coalesce(realised.net_revenue, 0) as realised_net_revenue,
    case when realised.customer_key is null then 0 else realised.gross_margin end as realised_gross_margin,
    coalesce(realised.subscription_net_revenue, 0) as realised_subscription_net_revenue,
    realised.purchase_net_revenue,
    realised.purchase_gross_margin,
    -- whoever has done nothing yet has cost nothing, as far as there are rates
    case when contribution.customer_key is null then 0 else contribution.contribution end as realised_contribution,
    contribution.contribution_reason,
    realised.purchase_gross_margin - contribution.cost_to_serve as purchase_contribution,
    service_costs.service_cost_per_order,
    -- a customer of last week has not shown a rate yet: nobody's rate is read from less than this many days
    greatest(histories.age_days, {{ count_variable('run_rate_floor_days', 1) }}) as rate_days,
    retention.yearly_retention,
    {%- for basis in value_bases() %}
    {%- for label in value_horizons() %}
    cohorts.{{ basis }}_next_{{ label }} + cohorts.{{ basis }}_slope_{{ label }}
    * (histories.age_days / {{ days_per_month() }} - cohorts.age_month) as expected_cohort_{{ basis }}_{{ label }},
    {%- endfor %}
    {%- endfor %}
    retention.lifespan_years
from customers
cross join as_of
cross join {{ ref('int_yearly_retention') }} as retention
left join realised
    on customers.customer_key = realised.customer_key
left join histories
    on customers.customer_key = histories.customer_key
left join {{ ref('int_customers__contribution') }} as contribution
    on customers.customer_key = contribution.customer_key
left join {{ ref('int_customers__service_costs') }} as service_costs
    on customers.customer_key = service_costs.customer_key
left join {{ ref('int_cohort_values') }} as cohorts
    on
        {{ month_start('histories.first_purchased_on') }} = cohorts.cohort_month
        and {{ age_months('histories.age_days') }} = cohorts.age_month
