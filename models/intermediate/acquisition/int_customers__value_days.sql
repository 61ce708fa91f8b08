{{ config(materialized='view') }}

-- What each customer brought and cost to serve, day by day since they were won: contribution where the business has
-- cost rates, gross margin where it has none. Whoever wants payback on another value changes it here.
-- A view: one model reads it.
{%- set families = service_cost_families().keys() | list %}
{%- set counted_on = 'least(entries.valued_on, as_of.as_of_date)' %}
{%- set days_since_won = 'greatest(' ~ days_between('won.won_on', counted_on) ~ ', 0)' %}
with

won as (

    select * from {{ ref('int_customers__won') }}

),

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

-- refunds are off the order, on the order's own day
margins as (

    select
        customer_key,
        ordered_on as valued_on,
        gross_margin as amount,
        case when gross_margin is null then 'unknown_cost_of_goods' end as unknown_reason
    from {{ ref('fct_orders') }}
    where is_sale

),

-- service is known by the month: it counts from the month's last day on
service as (

    select
        customer_key,
        {{ month_end('activity_month') }} as valued_on,
        -({{ families | join('_cost + ') }}_cost) as amount,
        case when unrated_driver is not null then 'no_rate_for_' || unrated_driver end as unknown_reason
    from {{ ref('int_service_costs') }}
    -- without any rate there is no cost to serve, and margin is all that can be said
    where exists (select 1 from {{ ref('int_cost_rate_spans') }})

),

entries as (

    select * from margins
    union all
    select * from service

),

by_day as (

    select
        entries.customer_key,
        -- service before the first sale is part of what the customer cost from the first day on
        {{ days_since_won }} as days_since_won,
        {{ sum_money('entries.amount') }} as amount,
        max(entries.unknown_reason) as unknown_reason

    from entries
    inner join won
        on entries.customer_key = won.customer_key
    cross join as_of
    group by
        entries.customer_key,
        {{ days_since_won }}

)

select
    {{ row_key(['customer_key', 'days_since_won']) }} as value_day_id,
    *
from by_day
