{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    subscription_id,
    customer_id,

    ---------- texts
    plan,
    billing_interval,
    currency,
    end_reason,
    status,

    ---------- dates
    started_on,
    trial_ends_on,
    ended_on,

    ---------- timestamps
    cancelled_at,
    updated_at,
    synced_at
from {{ ref('base_crm__subscriptions') }}
where row_status = 'accepted'
