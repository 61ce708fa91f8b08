{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    movement_id,
    customer_id,
    order_id,

    ---------- texts
    movement_type,
    currency,

    ---------- numbers
    points,
    value_amount,
    rate_to_reporting,

    ---------- dates
    moved_on,

    ---------- timestamps
    moved_at,
    synced_at
from {{ ref('base_crm__loyalty_movements') }}
where row_status = 'accepted'
