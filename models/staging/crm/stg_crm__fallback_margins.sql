{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    category,

    ---------- numbers
    margin_rate
from {{ ref('base_crm__fallback_margins') }}
where row_status = 'accepted'
