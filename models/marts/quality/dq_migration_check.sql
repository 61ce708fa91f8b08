-- What was counted before and after each move of the CRM, side by side: what differs was lost or invented on the way.
with

counts as (

    select * from {{ ref('stg_crm__migration_counts') }}

),

paired as (

    select
        migration_id,
        table_name,
        measure,
        column_name,
        max(case when side = 'before' then value end) as value_before,
        max(case when side = 'after' then value end) as value_after,
        max(case when side = 'before' then taken_at end) as taken_before_at,
        max(case when side = 'after' then taken_at end) as taken_after_at

    from counts
    group by
        migration_id,
        table_name,
        measure,
        column_name

),

reconciled as (

    select
        table_name,
        raw_rows
    from {{ ref('dq_row_reconciliation') }}

)

select
    {{ row_key(['paired.migration_id', 'paired.table_name', 'paired.measure', 'paired.column_name']) }}
        as migration_check_id,
    paired.migration_id,
    paired.table_name,
    paired.measure,
    paired.column_name,
    case
        when paired.value_after is null then 'only_before'
        when paired.value_before is null then 'only_after'
        -- half a cent: sums in floating point are rounded, counts are whole
        when abs(paired.value_after - paired.value_before) <= 0.005 then 'match'
        else 'differs'
    end as migration_status,
    paired.value_before,
    paired.value_after,
    paired.value_after - paired.value_before as difference,
    {{ divide('paired.value_after - paired.value_before', 'paired.value_before') }} as difference_share,
    -- a CRM that is in use has grown since: fewer rows now than after the move is what should not be
    case when lower(paired.measure) = 'rows' then reconciled.raw_rows end as rows_now,
    paired.taken_before_at,
    paired.taken_after_at
from paired
left join reconciled
    on lower(paired.table_name) = reconciled.table_name
