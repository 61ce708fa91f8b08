-- Each line in the reporting currency: price, its own discount and tax, and what the goods cost.
with

order_lines as (

    select * from {{ ref('stg_crm__order_lines') }}

),

product_costs as (

    select * from {{ ref('int_product_costs') }}

),

costed as (

    select
        order_lines.*,
        product_costs.fallback_margin_rate,
        coalesce(order_lines.line_type, 'product') as line_kind,
        {{ to_reporting('order_lines.quantity * order_lines.unit_price', 'order_lines.rate_to_reporting') }}
            as line_amount,
        {{ to_reporting('coalesce(order_lines.discount_amount, 0)', 'order_lines.rate_to_reporting') }}
            as line_discount,
        {{ to_reporting('order_lines.tax_amount', 'order_lines.rate_to_reporting') }} as line_tax,
        -- the line's own cost is in the order's currency, the catalogue's in the product's
        case
            when order_lines.unit_cost is not null
                then {{ to_reporting('order_lines.quantity * order_lines.unit_cost', 'order_lines.rate_to_reporting') }}
            when product_costs.unit_cost is not null
                then {{ to_reporting(
                    'order_lines.quantity * product_costs.unit_cost', row_rate('product_costs.currency')
                ) }}
        end as known_cost

    from order_lines
    left join product_costs
        on coalesce(order_lines.product_id, 'unknown') = product_costs.product_id
    left join {{ ref('base_crm__exchange_rate_days') }} as rate_days
        on
            product_costs.currency = rate_days.currency
            and order_lines.ordered_on = rate_days.rate_on

),

priced as (

    select
        ---------- ids
        order_line_id,
        order_id,
        product_id,

        ---------- texts
        line_kind as line_type,

        ---------- numbers
        quantity,
        line_amount,
        line_discount,
        line_tax,
        -- a gift card is a promise: it costs something when it is redeemed
        case
            when line_kind = 'gift_card' then 0
            when known_cost is not null then known_cost
            else {{ predicted_money('(line_amount - line_discount) * (1 - fallback_margin_rate)') }}
        end as cost_of_goods,

        ---------- booleans
        line_kind <> 'gift_card' and known_cost is null as is_cost_estimated

    from costed

)

select * from priced
