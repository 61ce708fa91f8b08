-- Header amounts are shared out to the cent: the lines of an order come to the order on every rung.
with

lines as (

    select
        order_id,
        sum(gross_sales) as gross_sales,
        sum(discounts) as discounts,
        sum(refunds) as refunds,
        sum(net_revenue) as net_revenue,
        case when count(gross_margin) = count(*) then sum(gross_margin) end as gross_margin

    from {{ ref('fct_order_lines') }}
    group by order_id

)

select
    orders.order_id,
    orders.net_revenue,
    lines.net_revenue as net_revenue_of_lines,
    orders.gross_margin,
    lines.gross_margin as gross_margin_of_lines
from {{ ref('fct_orders') }} as orders
left join lines
    on orders.order_id = lines.order_id
where
    orders.is_sale
    and orders.line_count > 0
    and (
        lines.order_id is null
        or orders.gross_sales <> lines.gross_sales
        or orders.discounts <> lines.discounts
        or orders.refunds <> lines.refunds
        or orders.net_revenue <> lines.net_revenue
        or coalesce(orders.gross_margin, 0) <> coalesce(lines.gross_margin, 0)
    )
