{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    request_id,
    customer_id,

    ---------- dates
    requested_on,

    ---------- timestamps
    requested_at,
    synced_at
from {{ ref('base_crm__erasure_requests') }}
where row_status = 'accepted'
