{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    interaction_id,
    customer_id,
    sales_rep_id,
    ticket_id,

    ---------- texts
    channel,
    direction,

    ---------- numbers
    duration_seconds,

    ---------- dates
    occurred_on,

    ---------- timestamps
    occurred_at,
    updated_at,
    synced_at
from {{ ref('base_crm__interactions') }}
where row_status = 'accepted'
