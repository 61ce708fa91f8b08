{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    response_id,
    customer_id,
    ticket_id,
    order_id,

    ---------- texts
    survey_type,
    score_scale,
    topic,
    comment,

    ---------- numbers
    score,

    ---------- dates
    responded_on,

    ---------- timestamps
    responded_at,
    synced_at
from {{ ref('base_crm__survey_responses') }}
where row_status = 'accepted'
