{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    lead_id,
    campaign_id,
    converted_customer_id,

    ---------- texts
    source,
    customer_type,
    country,
    region,
    industry,

    ---------- dates
    created_on,

    ---------- timestamps
    created_at,
    converted_at,
    synced_at
from {{ ref('base_crm__leads') }}
where row_status = 'accepted'
