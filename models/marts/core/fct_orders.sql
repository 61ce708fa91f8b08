-- One row per accepted order with every rung of the value ladder that orders carry.
select
    ---------- ids
    order_id,
    customer_key,
    campaign_id,
    sales_rep_id,

    ---------- texts
    order_status,
    order_type,
    coalesce(order_channel, 'unknown') as order_channel,
    coalesce(currency, '{{ reporting_currency() }}') as original_currency,
    discount_code,
    payment_method,

    ---------- value ladder, reporting currency, without tax
    gross_sales,
    discounts,
    refunds,
    net_revenue,
    shipping_charged,
    cost_of_goods,
    shipping_cost,
    payment_fees,
    gross_margin,

    ---------- beside the ladder
    tax_amount,
    gift_card_sales,
    order_total,
    cast(line_count as integer) as line_count,

    ---------- booleans
    is_sale,
    is_purchase,
    customer_key = 'guest' as is_guest,
    is_header_valued,
    is_cost_estimated,

    ---------- dates
    ordered_on,
    last_refunded_on,

    ---------- timestamps
    ordered_at
from {{ ref('int_orders__valued') }}
