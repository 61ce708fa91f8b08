{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    ticket_id,
    customer_id,
    order_id,
    product_id,

    ---------- texts
    status,
    priority,
    channel,
    category,
    reason,

    ---------- numbers
    handling_minutes,

    ---------- dates
    opened_on,

    ---------- timestamps
    opened_at,
    first_response_at,
    resolved_at,
    reopened_at,
    updated_at,
    synced_at
from {{ ref('base_crm__support_tickets') }}
where row_status = 'accepted'
