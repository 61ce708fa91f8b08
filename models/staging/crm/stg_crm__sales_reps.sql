{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    sales_rep_id,

    ---------- texts
    rep_name,
    team,
    region,

    ---------- dates
    hired_on,
    left_on,

    ---------- timestamps
    updated_at,
    synced_at
from {{ ref('base_crm__sales_reps') }}
where row_status = 'accepted'
