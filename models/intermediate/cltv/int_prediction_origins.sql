-- Every date that predictions are made from: now, a month ago, and the months that the back-test looks back to. One
-- row each, so that a back-test is never a second implementation.
with

as_of as (

    select
        as_of_date,
        {{ days_between('first_order_on', 'as_of_date') }} as history_days
    from {{ ref('base_crm__as_of') }}
    where as_of_date is not null

),

-- the longest horizon that leaves at least as much history before the last holdout as the holdout itself is long
horizon as (

    select
        as_of_date,
        history_days,
        case when history_days >= 730 then '12m' when history_days >= 364 then '6m' else '3m' end as horizon_label,
        case when history_days >= 730 then 365 when history_days >= 364 then 182 else 91 end as horizon_days,
        case when history_days >= 730 then 12 when history_days >= 364 then 6 else 3 end as horizon_months
    from as_of

),

now_and_then as (

    select
        'now' as origin_id,
        'now' as origin_kind,
        as_of_date as origin_date,
        '12m' as horizon_label,
        365 as horizon_days,
        true as has_intervals
    from horizon

    union all

    -- a month ago: what has changed since, and did last month's forecast come true
    select
        'month_before' as origin_id,
        'month_before' as origin_kind,
        {{ add_days('as_of_date', -30) }} as origin_date,
        '1m' as horizon_label,
        30 as horizon_days,
        false as has_intervals
    from horizon
    where history_days >= 121

    union all

    select
        'backtest_' || cast({{ backtest_date('horizon', 'steps.n') }} as {{ dbt.type_string() }}) as origin_id,
        'backtest' as origin_kind,
        {{ backtest_date('horizon', 'steps.n') }} as origin_date,
        horizon.horizon_label,
        horizon.horizon_days,
        -- intervals are dear to draw: only from the newest date, and from those whose holdouts lie apart from its own
        mod(steps.n, horizon.horizon_months) = 0 as has_intervals
    from horizon
    inner join {{ numbers(35) }} as steps
        on steps.n < {{ count_variable('backtest_origins') }}
    -- an origin learns from at least half as long as it predicts, and from a quarter of a year
    where
        horizon.history_days - {{ days_between(backtest_date('horizon', 'steps.n'), 'horizon.as_of_date') }}
        >= greatest(horizon.horizon_days / 2, 91)

)

select * from now_and_then
