{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    campaign_id,

    ---------- texts
    campaign_name,
    channel,
    objective,

    ---------- dates
    started_on,
    ended_on,

    ---------- timestamps
    updated_at,
    synced_at
from {{ ref('base_crm__campaigns') }}
where row_status = 'accepted'
