-- How good the raw tables are, by dimension and month, and how much money stands in the rows that fail.
with

checks as (

    select * from {{ ref('int_quality_checks') }}

),

scored as (

    select
        *,
        1 - {{ divide('rows_failed', 'rows_checked') }} as score
    from checks

),

compared as (

    select
        *,
        case
            when month_start is not null
                then score - lag(score) over (
                    partition by dimension, table_name
                    -- rows without a month stand last: nothing follows them
                    order by coalesce(month_start, cast('9999-12-01' as date))
                )
        end as trend
    from scored

)

select
    quality_check_id as scorecard_id,
    dimension,
    table_name,
    month_start,
    cast(rows_checked as {{ dbt.type_bigint() }}) as rows_checked,
    cast(rows_failed as {{ dbt.type_bigint() }}) as rows_failed,
    cast(rows_not_measured as {{ dbt.type_bigint() }}) as rows_not_measured,
    score,
    threshold,
    trend,
    coalesce(score < threshold, false) as is_below_threshold,
    severity,
    reason as threshold_reason,
    cast(failed_amount as {{ money_type() }}) as failed_amount
from compared
