{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    usage_id,
    sales_rep_id,

    ---------- numbers
    logins,
    records_touched,
    lists_actioned,

    ---------- dates
    week_start,

    ---------- timestamps
    synced_at
from {{ ref('base_crm__crm_usage') }}
where row_status = 'accepted'
