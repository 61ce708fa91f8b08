-- dq_rejected_rows holds as many rows of each table as were rejected.
with

shown as (

    select
        table_name,
        count(*) as rejected_rows
    from {{ ref('dq_rejected_rows') }}
    group by table_name

)

select
    reconciled.table_name,
    reconciled.rejected_rows,
    shown.rejected_rows as shown_rows
from {{ ref('dq_row_reconciliation') }} as reconciled
left join shown
    on reconciled.table_name = shown.table_name
where reconciled.rejected_rows <> coalesce(shown.rejected_rows, 0)
