{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    overhead_id,

    ---------- texts
    purpose,
    channel,
    description,
    currency,

    ---------- numbers
    amount,
    rate_to_reporting,

    ---------- dates
    booked_on
from {{ ref('base_crm__overheads') }}
where row_status = 'accepted'
