{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    product_id,

    ---------- texts
    sku,
    product_name,
    category,
    subcategory,
    currency,

    ---------- numbers
    list_price,
    unit_cost,

    ---------- booleans
    repeatable,

    ---------- dates
    active_from,
    active_to,

    ---------- timestamps
    updated_at,
    synced_at
from {{ ref('base_crm__products') }}
where row_status = 'accepted'
