-- Amounts of the order's header shared out to its lines by largest remainder, so that lines add up to their order to the cent.
{%- set amounts = ['included_tax', 'order_discount', 'order_refund', 'order_restocked_cost', 'order_margin'] %}
with

lines as (

    select
        order_lines.order_line_id,
        order_lines.order_id,
        -- shares follow what was paid for the line; a gift card carries no discount, tax or freight
        case when order_lines.line_type = 'gift_card' then 0 else order_lines.line_amount - order_lines.line_discount end as weight

    from {{ ref('int_order_lines__priced') }} as order_lines

),

-- one row per order before the join; a refund that names its line stays with that line
refunds_without_line as (

    select
        refunds.order_id,
        {{ sum_money('refunds.refunds') }} as refunds,
        {{ sum_money('refunds.restocked_cost') }} as restocked_cost

    from {{ ref('int_refunds__valued') }} as refunds
    left join lines
        on
            refunds.order_line_id = lines.order_line_id
            and refunds.order_id = lines.order_id
    where lines.order_line_id is null
    group by refunds.order_id

),

headers as (

    select
        orders.order_id,
        orders.included_tax_amount as included_tax,
        orders.order_level_discounts as order_discount,
        coalesce(refunds_without_line.refunds, 0) as order_refund,
        coalesce(refunds_without_line.restocked_cost, 0) as order_restocked_cost,
        orders.shipping_charged - orders.shipping_cost - orders.payment_fees as order_margin

    from {{ ref('int_orders__valued') }} as orders
    left join refunds_without_line
        on orders.order_id = refunds_without_line.order_id

),

weights_by_order as (

    select
        order_id,
        count(*) as line_count,
        sum(weight) as order_weight

    from lines
    group by order_id

),

weighted as (

    select
        lines.order_line_id,
        lines.order_id,
        -- free lines only: equal shares
        case when weights_by_order.order_weight > 0 then lines.weight * 100 else 1 end as weight,
        case when weights_by_order.order_weight > 0 then weights_by_order.order_weight * 100 else weights_by_order.line_count end as order_weight,
        {% for amount in amounts %}
        headers.{{ amount }},
        {%- endfor %}
        weights_by_order.line_count

    from lines
    inner join weights_by_order
        on lines.order_id = weights_by_order.order_id
    inner join headers
        on lines.order_id = headers.order_id

),

shared as (

    {{ share_by_largest_remainder('weighted', amounts) }}

)

select
    order_line_id,
    order_id,
    {% for amount in amounts -%}
    {{ amount }}{{ ',' if not loop.last }}
    {% endfor %}
from shared
