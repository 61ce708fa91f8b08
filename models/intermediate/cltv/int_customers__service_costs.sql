{{ config(materialized='view') }}

-- What a purchase day of each customer is expected to cost in service: their own cost so far, drawn towards that of
-- their channel and type by as much as it rests on few purchase days; and these towards everybody's.
-- A view: one model reads it.
{%- set weight = service_cost_prior_purchases() %}
with

customers as (

    select
        histories.customer_key,
        histories.frequency + 1 as purchase_days,
        covariates.acquisition_channel,
        covariates.customer_type,
        contribution.cost_to_serve

    from {{ ref('int_purchase_histories') }} as histories
    inner join {{ ref('dim_customers') }} as covariates
        on histories.customer_key = covariates.customer_key
    inner join {{ ref('int_customers__contribution') }} as contribution
        on histories.customer_key = contribution.customer_key
    where histories.origin_id = 'now'

),

-- whoever's cost is not known says nothing about the others
by_group as (

    select
        acquisition_channel,
        customer_type,
        sum(case when cost_to_serve is not null then purchase_days end) as purchase_days,
        sum(cost_to_serve) as cost_to_serve

    from customers
    group by
        acquisition_channel,
        customer_type

),

overall as (

    select {{ divide('sum(cost_to_serve)', 'sum(purchase_days)') }} as cost_per_purchase
    from by_group

),

priors as (

    select
        by_group.acquisition_channel,
        by_group.customer_type,
        (cast(coalesce(by_group.cost_to_serve, 0) as {{ double_type() }}) + {{ weight }} * overall.cost_per_purchase)
        / (coalesce(by_group.purchase_days, 0) + {{ weight }}) as cost_per_purchase

    from by_group
    cross join overall

)

select
    customers.customer_key,
    (cast(customers.cost_to_serve as {{ double_type() }}) + {{ weight }} * priors.cost_per_purchase)
    / (customers.purchase_days + {{ weight }}) as service_cost_per_order
from customers
inner join priors
    on
        customers.acquisition_channel = priors.acquisition_channel
        and customers.customer_type = priors.customer_type
