{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    refund_id,
    order_id,
    order_line_id,

    ---------- texts
    refund_type,
    currency,
    reason,

    ---------- numbers
    amount,
    tax_amount,
    shipping_amount,
    quantity,
    rate_to_reporting,

    ---------- booleans
    restocked,

    ---------- dates
    refunded_on,

    ---------- timestamps
    refunded_at,
    updated_at,
    synced_at
from {{ ref('base_crm__refunds') }}
where row_status = 'accepted'
