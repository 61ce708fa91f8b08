{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    order_line_id,
    order_id,
    product_id,

    ---------- texts
    line_type,

    ---------- numbers
    quantity,
    unit_price,
    discount_amount,
    tax_amount,
    unit_cost,
    rate_to_reporting,

    ---------- dates
    ordered_on,

    ---------- timestamps
    updated_at,
    synced_at
from {{ ref('base_crm__order_lines') }}
where row_status = 'accepted'
