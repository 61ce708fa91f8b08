-- What all contracts paid in a month is what they paid in the month before, and how it moved: to the cent, in every
-- month between the first and the last.
with

months as (

    select
        activity_month,
        sum(previous_mrr) as previous_mrr,
        sum(new_mrr + expansion_mrr - contraction_mrr - churn_mrr + reactivation_mrr) as moved_mrr,
        sum(mrr) as mrr
    from {{ ref('fct_subscriptions_monthly') }}
    group by activity_month

)

select
    later.activity_month,
    earlier.mrr as mrr_of_the_month_before,
    later.previous_mrr,
    later.moved_mrr,
    later.mrr
from months as later
full outer join months as earlier
    on later.activity_month = {{ add_months('earlier.activity_month', 1) }}
where
    later.mrr <> coalesce(earlier.mrr, 0) + later.moved_mrr
    or later.previous_mrr <> coalesce(earlier.mrr, 0)
    -- nothing follows the running month; a month without rows after one with revenue would lose it
    or (
        later.activity_month is null
        and earlier.mrr <> 0
        and earlier.activity_month < (select max(latest.activity_month) from months as latest)
    )
