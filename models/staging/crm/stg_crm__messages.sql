{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    message_id,
    customer_id,
    campaign_id,

    ---------- texts
    channel,
    purpose,
    currency,

    ---------- numbers
    unit_cost,
    rate_to_reporting,

    ---------- dates
    sent_on,

    ---------- timestamps
    sent_at,
    delivered_at,
    opened_at,
    clicked_at,
    bounced_at,
    unsubscribed_at,
    synced_at
from {{ ref('base_crm__messages') }}
where row_status = 'accepted'
