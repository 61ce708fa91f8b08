-- One row per refund of a sale, on the day it was paid; fct_orders holds the same money on the day of the order.
select
    ---------- ids
    refund_id,
    order_id,
    order_line_id,
    customer_key,

    ---------- texts
    coalesce(refund_type, 'unknown') as refund_type,
    refund_reason,

    ---------- numbers
    refund_total,
    cast(tax_refunds as {{ money_type() }}) as tax_refunds,
    shipping_refunds,
    cast(refunds as {{ money_type() }}) as refunds,
    cast(restocked_cost as {{ money_type() }}) as restocked_cost,

    ---------- booleans
    is_restocked,
    is_assumed,

    ---------- dates
    refunded_on,
    ordered_on
from {{ ref('int_refunds__valued') }}
