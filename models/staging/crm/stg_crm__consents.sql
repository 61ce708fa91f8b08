{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    consent_id,
    customer_id,

    ---------- texts
    purpose,
    channel,
    source,

    ---------- booleans
    granted,

    ---------- dates
    recorded_on,

    ---------- timestamps
    recorded_at,
    expires_at,
    synced_at
from {{ ref('base_crm__consents') }}
where row_status = 'accepted'
