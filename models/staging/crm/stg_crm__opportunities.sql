{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    opportunity_id,
    customer_id,
    lead_id,
    sales_rep_id,

    ---------- texts
    stage,
    currency,

    ---------- numbers
    amount,
    rate_to_reporting,

    ---------- booleans
    is_won,

    ---------- dates
    opened_on,

    ---------- timestamps
    opened_at,
    closed_at,
    synced_at
from {{ ref('base_crm__opportunities') }}
where row_status = 'accepted'
