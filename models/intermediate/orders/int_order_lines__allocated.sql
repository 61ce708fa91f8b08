{{ config(materialized='view') }}

-- Lines of sales with their share of their order's header, by largest remainder: lines add up to their order to
-- the cent.
-- A view: one fact reads it, and writing the lines once more costs more than the sharing out.
{%- set amounts = ['included_tax', 'order_discount', 'order_refund', 'order_restocked_cost', 'order_margin'] %}
with

-- one row per order before the join; a refund that names its line stays with that line
refunds_without_line as (

    select
        refunds.order_id,
        {{ sum_money('refunds.refunds') }} as refunds,
        {{ sum_money('refunds.restocked_cost') }} as restocked_cost

    from {{ ref('int_refunds__valued') }} as refunds
    left join {{ ref('int_order_lines__priced') }} as priced
        on
            refunds.order_line_id = priced.order_line_id
            and refunds.order_id = priced.order_id
    where priced.order_line_id is null
    group by refunds.order_id

),

headers as (

    select
        orders.order_id,
        orders.customer_key,
        orders.order_type,
        orders.ordered_on,
        goods.line_count,
        goods.allocation_weight,
        -- what the header adds to its lines: tax that their prices include, and the order's own discount
        goods.line_amount - orders.gross_sales as included_tax,
        orders.discounts - goods.line_discount as order_discount,
        coalesce(refunds_without_line.refunds, 0) as order_refund,
        coalesce(refunds_without_line.restocked_cost, 0) as order_restocked_cost,
        orders.shipping_charged - orders.shipping_cost - orders.payment_fees as order_margin

    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('int_orders__goods') }} as goods
        on orders.order_id = goods.order_id
    left join refunds_without_line
        on orders.order_id = refunds_without_line.order_id
    where orders.is_sale

),

-- shares follow what was paid for the line; a gift card carries no discount, tax or freight; free lines share equally
weighted as (

    select
        priced.*,
        headers.customer_key,
        headers.order_type,
        headers.ordered_on,
        {%- for amount in amounts %}
        headers.{{ amount }},
        {%- endfor %}
        case
            when headers.allocation_weight <= 0 then 1
            when priced.line_type = 'gift_card' then 0
            else {{ whole_cents('priced.line_amount - priced.line_discount') }}
        end as weight,
        case
            when headers.allocation_weight <= 0 then headers.line_count
            else {{ whole_cents('headers.allocation_weight') }}
        end as order_weight,
        headers.line_count

    from {{ ref('int_order_lines__priced') }} as priced
    inner join headers
        on priced.order_id = headers.order_id

),

-- only the few lines that get a cent by their rank have a row
by_rank as (

    {{ cents_by_rank('weighted', amounts) }}

)

select
    ---------- ids
    weighted.order_line_id,
    weighted.order_id,
    weighted.product_id,
    weighted.customer_key,

    ---------- texts
    weighted.line_type,
    weighted.order_type,

    ---------- numbers
    weighted.quantity,
    weighted.line_amount,
    weighted.line_discount,
    weighted.cost_of_goods,
    {% for amount in amounts -%}
    {{ share_by_largest_remainder(amount, 'by_rank.' ~ amount ~ '_cents') }} as {{ amount }},
    {% endfor %}
    ---------- booleans
    weighted.is_cost_estimated,

    ---------- dates
    weighted.ordered_on
from weighted
left join by_rank
    on weighted.order_line_id = by_rank.order_line_id
