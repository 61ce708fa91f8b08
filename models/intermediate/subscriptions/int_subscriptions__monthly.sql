{{ config(materialized='view') }}

-- Each contract at the end of each month, from the month in which it began to the one in which it was gone, or to the
-- running one, which counts as it stands on the as-of date.
-- A view: contracts are few.
with

contracts as (

    select * from {{ ref('int_subscriptions__known') }}

),

-- the month in which a contract is gone is the one in which its churn shows
months as (

    select
        contracts.*,
        {{ add_months(month_start('contracts.started_on'), 'steps.n') }} as activity_month

    from contracts
    inner join {{ numbers(600) }} as steps
        on
            steps.n <= {{ months_between(
                'contracts.started_on', 'coalesce(contracts.gone_on, contracts.as_of_date)'
            ) }}

),

dated as (

    select
        *,
        least({{ month_end('activity_month') }}, as_of_date) as counted_on

    from months

),

-- a price holds until the next one begins, or to its own last day
prices as (

    select
        subscription_id,
        plan,
        quantity,
        valid_from,
        least(
            coalesce(valid_to, cast('9999-12-31' as date)),
            coalesce(
                {{ add_days('lead(valid_from) over (partition by subscription_id order by valid_from)', -1) }},
                cast('9999-12-31' as date)
            )
        ) as valid_to,
        -- the rate of the day on which the price began: a rate that moves is no growth
        {{ to_reporting('monthly_amount', 'rate_to_reporting') }} as monthly_amount

    from {{ ref('stg_crm__subscription_prices') }}

),

priced_contracts as (

    select distinct subscription_id
    from prices

),

priced as (

    select
        dated.subscription_id,
        dated.customer_key,
        coalesce(prices.plan, dated.plan) as plan,
        prices.quantity,
        dated.activity_month,
        dated.counted_on,
        dated.started_on,
        dated.end_reason,
        {{ month_end('dated.activity_month') }} <= dated.as_of_date as is_complete,
        priced_contracts.subscription_id is not null as is_priced,
        dated.activity_month = {{ month_start('dated.started_on') }} as is_first_month,
        coalesce(dated.gone_on <= dated.counted_on, false) as is_last_month,
        case
            when dated.gone_on <= dated.counted_on then 'ended'
            when dated.trial_ends_on >= dated.counted_on then 'trial'
            else 'active'
        end as subscription_status,
        -- nobody has said what it costs; a gap between two prices is a pause
        case when priced_contracts.subscription_id is not null then coalesce(prices.monthly_amount, 0) end
            as monthly_amount

    from dated
    left join priced_contracts
        on dated.subscription_id = priced_contracts.subscription_id
    left join prices
        on
            dated.subscription_id = prices.subscription_id
            and dated.counted_on between prices.valid_from and prices.valid_to

)

select
    {{ row_key(['subscription_id', 'activity_month']) }} as subscription_month_id,
    *
from priced
