{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    touchpoint_id,
    customer_id,
    visitor_id,
    campaign_id,
    order_id,

    ---------- texts
    channel,
    touch_type,

    ---------- dates
    touched_on,

    ---------- timestamps
    touched_at,
    synced_at
from {{ ref('base_crm__touchpoints') }}
where row_status = 'accepted'
