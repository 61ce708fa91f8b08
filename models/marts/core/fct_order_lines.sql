-- One row per accepted line of a sale, with its share of its order's header: lines add up to their order on every rung.
with

lines as (

    select * from {{ ref('int_order_lines__allocated') }}

),

-- one row per line before the join: a line may be refunded in several parts
refunds_by_line as (

    select
        order_line_id,
        order_id,
        {{ sum_money('refunds') }} as refunds,
        {{ sum_money('restocked_cost') }} as restocked_cost

    from {{ ref('int_refunds__valued') }}
    where order_line_id is not null
    group by
        order_line_id,
        order_id

),

joined as (

    select
        lines.order_line_id,
        lines.order_id,
        lines.product_id,
        lines.customer_key,
        lines.line_type,
        lines.order_type,
        lines.quantity,
        lines.is_cost_estimated,
        lines.ordered_on,
        case when lines.line_type = 'gift_card' then 0 else lines.line_amount - lines.included_tax end as gross_sales,
        lines.line_discount + lines.order_discount as discounts,
        lines.order_refund + coalesce(refunds_by_line.refunds, 0) as refunds,
        lines.order_margin as shipping_and_fees,
        lines.cost_of_goods - lines.order_restocked_cost - coalesce(refunds_by_line.restocked_cost, 0) as cost_of_goods

    from lines
    left join refunds_by_line
        on
            lines.order_line_id = refunds_by_line.order_line_id
            and lines.order_id = refunds_by_line.order_id

)

select
    ---------- ids
    order_line_id,
    order_id,
    coalesce(product_id, 'unknown') as product_id,
    customer_key,

    ---------- texts
    line_type,
    order_type,

    ---------- numbers
    quantity,
    cast(gross_sales as {{ money_type() }}) as gross_sales,
    cast(discounts as {{ money_type() }}) as discounts,
    cast(refunds as {{ money_type() }}) as refunds,
    cast(gross_sales - discounts - refunds as {{ money_type() }}) as net_revenue,
    cast(shipping_and_fees as {{ money_type() }}) as shipping_and_fees,
    cast(cost_of_goods as {{ money_type() }}) as cost_of_goods,
    cast(gross_sales - discounts - refunds + shipping_and_fees - cost_of_goods as {{ money_type() }}) as gross_margin,

    ---------- booleans
    is_cost_estimated,

    ---------- dates
    ordered_on
from joined
