{{ config(materialized='view') }}

-- What the contracts that run today are expected to bill in each month to come, beside what contracts that ran as long
-- before billed in the same months of the last year.
-- A view: contracts are few.
with

as_of as (

    select
        as_of_date,
        {{ month_start('as_of_date') }} as running_month
    from {{ ref('base_crm__as_of') }}

),

running as (

    select
        plan,
        tenure_months,
        count(*) as contracts,
        {{ sum_money('monthly_amount') }} as monthly_amount
    from {{ ref('int_contract_terms') }}
    where contract_status = 'active'
    group by
        plan,
        tenure_months,
        monthly_amount is null

),

curves as (

    select * from {{ ref('fct_contract_survival') }}

),

-- the share of a plan's contracts of some age that make so many more renewals
ahead as (

    select
        now.plan,
        now.tenure_months,
        cast(later.tenure_months - now.tenure_months as integer) as month_index,
        {{ divide('later.survival', 'now.survival') }} as survival

    from curves as now
    inner join curves as later
        on
            now.plan = later.plan
            and later.tenure_months - now.tenure_months between 1 and 24

),

expected as (

    select
        steps.n as month_index,
        sum(running.contracts) as contracts,
        -- what has no price or no curve is left out, and counted
        {{ count_if('running.monthly_amount is null or coalesce(own.survival, pooled.survival) is null') }}
            as unknown_groups,
        {{ sum_money(predicted_money('running.monthly_amount * coalesce(own.survival, pooled.survival)')) }}
            as expected_mrr

    from running
    inner join {{ numbers(24) }} as steps
        on steps.n > 0
    left join ahead as own
        on
            running.plan = own.plan
            and running.tenure_months = own.tenure_months
            and steps.n = own.month_index
    left join ahead as pooled
        on
            running.tenure_months = pooled.tenure_months
            and steps.n = pooled.month_index
            and pooled.plan = 'all_plans'
    group by steps.n

),

billed as (

    select
        activity_month,
        mrr,
        min(activity_month) over (partition by subscription_id) as first_month
    from {{ ref('fct_subscriptions_monthly') }}
    where is_complete

)

select
    expected.month_index,
    max(expected.contracts) as contracts,
    max(expected.unknown_groups) > 0 as has_unknown_contracts,
    max(expected.expected_mrr) as expected_mrr,
    {{ sum_money('billed.mrr') }} as last_year_mrr
from expected
cross join as_of
left join billed
    on
        billed.activity_month = {{ add_months(
            'as_of.running_month', 'expected.month_index - case when expected.month_index > 12 then 24 else 12 end'
        ) }}
        and billed.first_month <= {{ add_months(
            'as_of.running_month', '-case when expected.month_index > 12 then 24 else 12 end'
        ) }}
group by expected.month_index
