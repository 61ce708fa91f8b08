{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    spend_id,
    campaign_id,

    ---------- texts
    channel,
    currency,

    ---------- numbers
    amount,
    rate_to_reporting,

    ---------- dates
    spend_date,

    ---------- timestamps
    updated_at,
    synced_at
from {{ ref('base_crm__campaign_spend') }}
where row_status = 'accepted'
