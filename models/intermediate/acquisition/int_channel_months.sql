{{ config(materialized='view') }}

-- Acquire spend of each channel and the customers it won, by complete month from its first spend to its last; a month
-- without spend or without customers counts as 0.
-- A view: one model reads it.
with

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

spend as (

    select
        cost_month,
        channel,
        {{ sum_money('amount') }} as spend
    from {{ ref('int_marketing_costs') }}
    where
        objective = 'acquire'
        and cost_kind = 'advertising'
    group by
        cost_month,
        channel

),

won as (

    select
        won_month,
        acquisition_channel,
        count(*) as customers
    from {{ ref('int_customers__won') }}
    group by
        won_month,
        acquisition_channel

),

spans as (

    select
        spend.channel,
        min(spend.cost_month) as first_month,
        least(
            max(spend.cost_month), {{ add_months(month_start(add_days('max(as_of.as_of_date)', 1)), -1) }}
        ) as last_month
    from spend
    cross join as_of
    group by spend.channel

)

select
    {{ row_key(['spans.channel', 'steps.n']) }} as channel_month_id,
    spans.channel,
    steps.n as month_number,
    coalesce(spend.spend, 0) as spend,
    coalesce(won.customers, 0) as customers_won
from spans
inner join {{ numbers(600) }} as steps
    on {{ add_months('spans.first_month', 'steps.n') }} <= spans.last_month
left join spend
    on
        spans.channel = spend.channel
        and {{ add_months('spans.first_month', 'steps.n') }} = spend.cost_month
left join won
    on
        spans.channel = won.acquisition_channel
        and {{ add_months('spans.first_month', 'steps.n') }} = won.won_month
