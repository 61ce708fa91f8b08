-- Each contract by how many monthly renewals it has lasted, and whether it was lost at one of them.
-- A contract renews on every monthly anniversary of its first paid day; what happens between two of them shows on the
-- later one, so that contracts that ended and contracts that run are looked at on the same days.
with

contracts as (

    select
        *,
        {{ month_start('started_on') }} as start_month,
        {{ month_start('gone_on') }} as gone_month,
        greatest(started_on, coalesce({{ add_days('trial_ends_on', 1) }}, started_on)) as paid_from

    from {{ ref('int_subscriptions__known') }}

),

-- a change of plan is no loss, if there is a contract that goes on
starts as (

    select
        customer_key,
        start_month,
        count(*) as started_contracts

    from contracts
    group by
        customer_key,
        start_month

),

with_status as (

    select
        contracts.*,
        case
            when contracts.gone_on <= contracts.paid_from then 'never_paid'
            when contracts.paid_from > contracts.as_of_date then 'trial'
            when contracts.gone_on is null then 'active'
            when
                contracts.end_reason = 'switched'
                and starts.started_contracts > case when contracts.start_month = contracts.gone_month then 1 else 0 end
                then 'switched'
            else 'lost'
        end as contract_status

    from contracts
    left join starts
        on
            contracts.customer_key = starts.customer_key
            and contracts.gone_month = starts.start_month

),

-- renewals that have fallen due by the as-of date, and the one on which the contract was gone
renewed as (

    select
        *,
        {{ full_months('paid_from', 'as_of_date') }} as due_renewals,
        {{ full_months('paid_from', add_days('gone_on', -1)) }} + 1 as gone_renewal

    from with_status

),

amounts as (

    select
        subscription_id,
        counted_on,
        monthly_amount
    from {{ ref('int_subscriptions__monthly') }}

)

select
    renewed.subscription_id,
    renewed.customer_key,
    renewed.plan,
    renewed.billing_interval,
    renewed.contract_status,
    -- whoever left since the last renewal was still there on it; whoever changed the plan has renewed
    case
        when renewed.contract_status not in ('trial', 'never_paid')
            then least(renewed.due_renewals, coalesce(renewed.gone_renewal, renewed.due_renewals))
    end as tenure_months,
    renewed.contract_status = 'lost' and renewed.gone_renewal <= renewed.due_renewals as is_lost,
    case when renewed.contract_status = 'active' then amounts.monthly_amount end as monthly_amount,
    renewed.started_on,
    renewed.paid_from,
    renewed.gone_on,
    renewed.end_reason,
    renewed.as_of_date
from renewed
left join amounts
    on
        renewed.subscription_id = amounts.subscription_id
        and renewed.as_of_date = amounts.counted_on
