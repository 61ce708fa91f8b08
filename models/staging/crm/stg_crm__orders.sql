{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    order_id,
    customer_id,
    subscription_id,
    campaign_id,
    sales_rep_id,

    ---------- texts
    customer_email,
    status,
    order_type,
    currency,
    order_channel,
    discount_code,
    payment_method,

    ---------- numbers
    discount_amount,
    shipping_amount,
    shipping_cost,
    tax_amount,
    payment_fee_amount,
    loyalty_redeemed_amount,
    total_amount,
    rate_to_reporting,

    ---------- booleans
    prices_include_tax,

    ---------- dates
    ordered_on,
    cancelled_on,

    ---------- timestamps
    ordered_at,
    cancelled_at,
    updated_at,
    synced_at
from {{ ref('base_crm__orders') }}
where row_status = 'accepted'
