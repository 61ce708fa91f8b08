-- The catalogue.
select
    ---------- ids
    products.product_id,
    products.sku,

    ---------- texts
    coalesce(products.product_name, products.product_id) as product_name,
    coalesce(products.category, 'unknown') as category,
    coalesce(products.subcategory, 'unknown') as subcategory,
    coalesce(products.currency, '{{ reporting_currency() }}') as currency,

    ---------- numbers
    products.list_price,
    products.unit_cost,

    ---------- booleans
    products.repeatable as is_repeatable,
    products.unit_cost is not null as is_cost_known,

    ---------- dates
    products.active_from,
    products.active_to
from {{ ref('stg_crm__products') }} as products
