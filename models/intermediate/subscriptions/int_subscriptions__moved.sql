{{ config(materialized='view') }}

-- Each contract and month beside the month before: what it paid, and what the customer paid in all.
-- A view: one fact reads it.
with

recurring as (

    select
        *,
        case when subscription_status = 'active' then monthly_amount else 0 * monthly_amount end as mrr
    from {{ ref('int_subscriptions__monthly') }}

),

-- a contract's months follow each other without gap
with_previous as (

    select
        *,
        case
            when is_first_month then 0 * mrr
            else lag(mrr) over (partition by subscription_id order by activity_month)
        end as own_previous_mrr,
        max(mrr) over (
            partition by subscription_id
            order by activity_month
            rows between unbounded preceding and 1 preceding
        ) as own_earlier_mrr

    from recurring

),

-- what contracts that were switched for another one paid, by the month in which they went
switched as (

    select
        customer_key,
        activity_month,
        {{ sum_money('own_previous_mrr') }} as switched_mrr

    from with_previous
    where
        is_last_month
        and end_reason = 'switched'
        and own_previous_mrr > 0
    group by
        customer_key,
        activity_month

),

-- the contract that took over: of several that first pay in the month, the first
successors as (

    select
        with_previous.subscription_id,
        with_previous.customer_key,
        with_previous.activity_month,
        switched.switched_mrr,
        row_number() over (
            partition by with_previous.customer_key, with_previous.activity_month
            order by with_previous.started_on, with_previous.subscription_id
        ) as takeover_rank

    from with_previous
    inner join switched
        on
            with_previous.customer_key = switched.customer_key
            and with_previous.activity_month = switched.activity_month
    where
        with_previous.mrr > 0
        and with_previous.own_previous_mrr = 0
        and with_previous.is_first_month

),

-- its customer paid before and pays on: the old contract's amount moves over to it
handed_over as (

    select
        with_previous.*,
        cast(
            case
                when own_successors.subscription_id is not null then own_successors.switched_mrr
                when
                    with_previous.is_last_month
                    and with_previous.end_reason = 'switched'
                    and customer_successors.subscription_id is not null
                    then 0 * with_previous.own_previous_mrr
                else with_previous.own_previous_mrr
            end as {{ money_type() }}
        ) as previous_mrr

    from with_previous
    left join successors as own_successors
        on
            with_previous.subscription_id = own_successors.subscription_id
            and with_previous.activity_month = own_successors.activity_month
            and own_successors.takeover_rank = 1
    left join successors as customer_successors
        on
            with_previous.customer_key = customer_successors.customer_key
            and with_previous.activity_month = customer_successors.activity_month
            and customer_successors.takeover_rank = 1

),

-- whether the customer had ever paid, and still did in the month before
customer_months as (

    select
        customer_key,
        activity_month,
        sum(own_previous_mrr) as customer_previous_mrr,
        max(sum(mrr)) over (
            partition by customer_key
            order by activity_month
            rows between unbounded preceding and 1 preceding
        ) as customer_earlier_mrr

    from with_previous
    group by
        customer_key,
        activity_month

)

select
    handed_over.*,
    coalesce(handed_over.own_earlier_mrr, 0) > 0
    or (
        coalesce(customer_months.customer_previous_mrr, 0) = 0
        and coalesce(customer_months.customer_earlier_mrr, 0) > 0
    ) as is_return
from handed_over
inner join customer_months
    on
        handed_over.customer_key = customer_months.customer_key
        and handed_over.activity_month = customer_months.activity_month
