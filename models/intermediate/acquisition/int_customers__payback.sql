{{ config(materialized='view') }}

-- When each customer had brought what they cost: the first day on which their value so far reaches their acquisition
-- cost. And what they had brought by fixed ages, as far as they have been reached.
-- A view: one fact reads it.
with

won as (

    select
        won.*,
        as_of.as_of_date,
        {{ days_between('won.won_on', 'as_of.as_of_date') }} as observed_days

    from {{ ref('int_customers__won') }} as won
    cross join {{ ref('base_crm__as_of') }} as as_of

),

so_far as (

    select
        *,
        sum(amount) over (
            partition by customer_key
            order by days_since_won
            rows between unbounded preceding and current row
        ) as value_so_far
    from {{ ref('int_customers__value_days') }}

),

summed as (

    select
        so_far.customer_key,
        sum(so_far.amount) as value_to_date,
        {%- for age in value_ages() %}
        sum(case when so_far.days_since_won <= {{ age }} then so_far.amount else 0 end) as value_{{ age }}d,
        {%- endfor %}
        max(so_far.unknown_reason) as unknown_reason,
        min(case when so_far.value_so_far >= won.acquisition_cost then so_far.days_since_won end) as payback_days

    from so_far
    inner join won
        on so_far.customer_key = won.customer_key
    group by so_far.customer_key

)

select
    won.customer_key,
    won.won_on,
    won.won_month,
    won.acquisition_channel,
    won.acquisition_campaign_id,
    won.is_paid_channel,
    won.advertising_cost,
    won.overhead_cost,
    won.acquisition_cost,
    won.acquisition_cost_basis,
    won.as_of_date,
    cast(won.observed_days as integer) as observed_days,
    case when summed.unknown_reason is null then summed.value_to_date end as value_to_date,
    {%- for age in value_ages() %}
    -- who is younger has not shown it yet
    case when summed.unknown_reason is null and won.observed_days >= {{ age }} then summed.value_{{ age }}d end
        as value_{{ age }}d,
    {%- endfor %}
    cast(case when summed.unknown_reason is null then summed.payback_days end as integer) as payback_days,
    case
        when won.acquisition_cost is null then 'unknown_acquisition_cost'
        else summed.unknown_reason
    end as payback_reason
from won
inner join summed
    on won.customer_key = summed.customer_key
