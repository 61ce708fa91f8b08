-- For each dimension, table and month: how many rows were checked and how many of them fail.
with

row_groups as (

    select * from {{ ref('int_quality_row_groups') }}

),

tables as (

    select distinct table_name from row_groups

),

-- a table's own rule goes before the one for all
ranked_rules as (

    select
        tables.table_name,
        rules.dimension,
        rules.threshold,
        rules.late_after_days,
        rules.severity,
        rules.reason,
        row_number() over (
            partition by tables.table_name, rules.dimension
            order by case when rules.table_name = '*' then 1 else 0 end
        ) as rule_rank

    from tables
    inner join {{ ref('quality_rules') }} as rules
        on rules.table_name in (tables.table_name, '*')

),

-- in which dimension a repaired row fails, one column per rule
repairs as (

    select
        coalesce(max(case when rule_code = 'trimmed_text' then dimension end), 'none')
            as trimmed_text,
        coalesce(max(case when rule_code = 'blank_text' then dimension end), 'none')
            as blank_text,
        coalesce(max(case when rule_code = 'unreadable_optional_value' then dimension end), 'none')
            as unreadable_optional_value,
        coalesce(max(case when rule_code = 'contradicting_value' then dimension end), 'none')
            as contradicting_value
    from {{ ref('repair_rules') }}

),

judged as (

    select
        rules.table_name,
        rules.dimension,
        rules.threshold,
        rules.severity,
        rules.reason,
        {{ month_start('row_groups.event_on') }} as month_start,
        row_groups.row_count,
        row_groups.amount,
        rules.dimension <> 'timeliness' or row_groups.landing_days is not null as is_measured,
        coalesce(reasons.dimension = rules.dimension, false)
        or (row_groups.is_trimmed and repairs.trimmed_text = rules.dimension)
        or (row_groups.is_blanked and repairs.blank_text = rules.dimension)
        or (row_groups.is_unreadable and repairs.unreadable_optional_value = rules.dimension)
        or (row_groups.is_contradicting and repairs.contradicting_value = rules.dimension)
        or (row_groups.is_incomplete and rules.dimension = 'completeness')
        or (rules.dimension = 'timeliness' and coalesce(row_groups.landing_days > rules.late_after_days, false))
            as has_failed

    from row_groups
    inner join ranked_rules as rules
        on
            row_groups.table_name = rules.table_name
            and rules.rule_rank = 1
    cross join repairs
    left join {{ ref('reject_reasons') }} as reasons
        on row_groups.reject_reason = reasons.reason_code
    -- what an older version of a row lacks is no flaw of the row
    where
        rules.dimension = 'uniqueness'
        or coalesce(reasons.dimension, '') <> 'uniqueness'

),

counted as (

    select
        table_name,
        dimension,
        threshold,
        severity,
        reason,
        case when is_measured then month_start end as month_start,
        sum(case when is_measured then row_count else 0 end) as rows_checked,
        sum(case when is_measured and has_failed then row_count else 0 end) as rows_failed,
        sum(case when is_measured then 0 else row_count end) as rows_not_measured,
        count(amount) > 0 as has_money,
        {{ sum_money('case when is_measured and has_failed then amount end') }} as failed_amount

    from judged
    group by
        table_name,
        dimension,
        threshold,
        severity,
        reason,
        case when is_measured then month_start end

)

select
    {{ row_key([
        'counted.dimension',
        'counted.table_name',
        "coalesce(cast(counted.month_start as " ~ dbt.type_string() ~ "), 'no month')"
    ]) }}
        as quality_check_id,
    counted.dimension,
    counted.table_name,
    counted.month_start,
    counted.threshold,
    counted.severity,
    counted.reason,
    counted.rows_checked,
    counted.rows_failed + coalesce(further.rows_failed, 0) as rows_failed,
    counted.rows_not_measured,
    case
        when counted.has_money then coalesce(counted.failed_amount, 0) + coalesce(further.failed_amount, 0)
    end as failed_amount
from counted
left join {{ ref('int_quality_cross_checks') }} as further
    on
        counted.table_name = further.table_name
        and counted.dimension = further.dimension
        and counted.month_start = further.month_start
