{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    {{ record_key('cost_rates') }} as cost_rate_id,

    ---------- texts
    cost_driver,
    applies_to,
    currency,

    ---------- numbers
    unit_cost,
    rate_to_reporting,

    ---------- dates
    valid_from
from {{ ref('base_crm__cost_rates') }}
where row_status = 'accepted'
