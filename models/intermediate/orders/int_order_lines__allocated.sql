{{ config(materialized='view') }}

-- Lines of sales with their share of their order's header, by largest remainder: lines add up to their order to
-- the cent.
-- A view: one fact reads it, and writing the lines once more costs more than the sharing out.
{%- set amounts = ['included_tax', 'order_discount', 'order_refund', 'order_restocked_cost', 'order_margin'] %}
with

lines as (

    select * from {{ ref('int_order_lines__priced') }}

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
        orders.customer_key,
        orders.order_type,
        orders.ordered_on,
        orders.line_count,
        orders.allocation_weight,
        orders.included_tax_amount as included_tax,
        orders.order_level_discounts as order_discount,
        coalesce(refunds_without_line.refunds, 0) as order_refund,
        coalesce(refunds_without_line.restocked_cost, 0) as order_restocked_cost,
        orders.shipping_charged - orders.shipping_cost - orders.payment_fees as order_margin

    from {{ ref('int_orders__valued') }} as orders
    left join refunds_without_line
        on orders.order_id = refunds_without_line.order_id
    where
        orders.is_sale
        and orders.line_count > 0

),

-- shares follow what was paid for the line; a gift card carries no discount, tax or freight; free lines share equally
weighted as (

    select
        lines.*,
        headers.customer_key,
        headers.order_type,
        headers.ordered_on,
        {%- for amount in amounts %}
        headers.{{ amount }},
        {%- endfor %}
        case
            when headers.allocation_weight <= 0 then 1
            when lines.line_type = 'gift_card' then 0
            else (lines.line_amount - lines.line_discount) * 100
        end as weight,
        case
            when headers.allocation_weight <= 0 then headers.line_count
            else headers.allocation_weight * 100
        end as order_weight,
        headers.line_count

    from lines
    inner join headers
        on lines.order_id = headers.order_id

)
{%- for amount in amounts %},

{{ amount }}_shares as (

    {{ share_by_largest_remainder('weighted', amount) }}

)
{%- endfor %}

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
    cast(
        case when weighted.line_count = 1 then weighted.{{ amount }} else coalesce({{ amount }}_shares.share, 0) end
        as {{ money_type() }}
    ) as {{ amount }},
    {% endfor -%}

    ---------- booleans
    weighted.is_cost_estimated,

    ---------- dates
    weighted.ordered_on
from weighted
{% for amount in amounts -%}
left join {{ amount }}_shares
    on weighted.order_line_id = {{ amount }}_shares.order_line_id
{% endfor %}
