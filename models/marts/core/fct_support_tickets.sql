-- Support tickets as they stood on the as-of date.
select
    ---------- ids
    ticket_id,
    customer_key,
    order_id,
    product_id,

    ---------- texts
    ticket_status,
    coalesce(channel, 'unknown') as channel,
    coalesce(category, 'unknown') as category,
    coalesce(priority, 'unknown') as priority,
    reason as ticket_reason,

    ---------- numbers
    first_response_hours,
    resolution_hours,
    handling_minutes,
    csat_score,
    csat_scale,

    ---------- booleans
    ticket_status <> 'resolved' as is_open,
    is_reopened,

    ---------- dates
    opened_on,

    ---------- timestamps
    opened_at,
    first_response_at,
    resolved_at
from {{ ref('int_tickets__measured') }}
