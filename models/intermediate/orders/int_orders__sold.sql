{{ config(materialized='view') }}

-- Each order before refunds: whether it is a sale, whose it is, and every rung that it carries.
-- A view, like the step before it.
with

orders as (

    select * from {{ ref('int_orders__converted') }}

),

unknown_product as (

    select fallback_margin_rate
    from {{ ref('int_product_costs') }}
    where product_id = 'unknown'

),

valued as (

    select
        orders.*,
        unknown_product.fallback_margin_rate,
        orders.order_status in ('completed', 'returned') as is_sale,
        -- without lines the header says it: total = gross - discount + shipping + tax
        case
            when orders.line_count = 0
                then orders.order_total - orders.tax_amount - orders.shipping_charged + orders.order_discount
            when orders.prices_include_tax then orders.line_amount - orders.tax_amount
            else orders.line_amount
        end as goods_amount,
        orders.order_discount + coalesce(orders.line_discount, 0) as discount_amount_all

    from orders
    cross join unknown_product

),

laddered as (

    select
        ---------- ids
        valued.order_id,
        coalesce(customer_keys.customer_key, 'guest') as customer_key,
        valued.campaign_id,
        valued.sales_rep_id,

        ---------- texts
        valued.order_status,
        coalesce(valued.order_type, 'one_off') as order_type,
        valued.order_channel,
        valued.currency,
        valued.discount_code,
        valued.payment_method,

        ---------- numbers
        valued.line_count,
        valued.order_total,
        {{ sale_amount('valued.goods_amount') }} as gross_sales,
        {{ sale_amount('valued.discount_amount_all') }} as discounts,
        {{ sale_amount('valued.shipping_charged') }} as shipping_charged,
        {{ sale_amount('valued.shipping_cost') }} as shipping_cost,
        {{ sale_amount('valued.payment_fees') }} as payment_fees,
        {{ sale_amount('valued.tax_amount') }} as tax_amount,
        {{ sale_amount('coalesce(valued.gift_card_amount, 0)') }} as gift_card_sales,
        {{ sale_amount(
            'case when valued.line_count = 0 '
            ~ 'then ' ~ predicted_money('(valued.goods_amount - valued.discount_amount_all) * (1 - valued.fallback_margin_rate)')
            ~ ' else valued.cost_of_goods end'
        ) }} as cost_of_goods,

        ---------- booleans
        valued.is_sale,
        valued.line_count = 0 as is_header_valued,
        valued.line_count = 0 or coalesce(valued.is_cost_estimated, false) as is_cost_estimated,

        ---------- dates
        valued.ordered_on,
        {{ business_date('valued.updated_at') }} as updated_on,

        ---------- timestamps
        valued.ordered_at

    from valued
    left join {{ ref('int_customers__keys') }} as customer_keys
        on valued.customer_id = customer_keys.customer_id

)

select * from laddered
