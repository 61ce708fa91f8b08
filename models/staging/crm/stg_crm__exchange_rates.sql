{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    {{ record_key('exchange_rates') }} as exchange_rate_id,

    ---------- texts
    currency,

    ---------- numbers
    rate_to_reporting,

    ---------- dates
    rate_date
from {{ ref('base_crm__exchange_rates') }}
where row_status = 'accepted'
