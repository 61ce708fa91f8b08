{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    {{ record_key('subscription_prices') }} as subscription_price_id,
    subscription_id,

    ---------- texts
    plan,

    ---------- numbers
    monthly_amount,
    quantity,
    rate_to_reporting,

    ---------- dates
    valid_from,
    valid_to,

    ---------- timestamps
    synced_at
from {{ ref('base_crm__subscription_prices') }}
where row_status = 'accepted'
