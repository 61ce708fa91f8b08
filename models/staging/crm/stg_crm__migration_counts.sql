{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    {{ record_key('migration_counts') }} as migration_count_id,
    migration_id,

    ---------- texts
    side,
    table_name,
    measure,
    column_name,

    ---------- numbers
    value,

    ---------- timestamps
    taken_at
from {{ ref('base_crm__migration_counts') }}
where row_status = 'accepted'
