-- Each order before refunds, in the reporting currency: what kind of order it is, and every rung that it carries.
with

orders as (

    select * from {{ ref('stg_crm__orders') }}

),

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

-- one row per order before the join: an order has several lines
goods as (

    select
        order_id,
        count(*) as line_count,
        {{ sum_money("case when line_type <> 'gift_card' then line_amount else 0 end") }} as line_amount,
        {{ sum_money("case when line_type = 'gift_card' then line_amount else 0 end") }} as gift_card_amount,
        {{ sum_money("case when line_type <> 'gift_card' then line_amount - line_discount else 0 end") }}
            as allocation_weight,
        {{ sum_money('line_discount') }} as line_discount,
        {{ sum_money('line_tax') }} as line_tax,
        {{ sum_if_complete('cost_of_goods') }} as cost_of_goods,
        {{ any_true('is_cost_estimated') }} as is_cost_estimated

    from {{ ref('int_order_lines__priced') }}
    group by order_id

),

unknown_product as (

    select fallback_margin_rate
    from {{ ref('int_product_costs') }}
    where product_id = 'unknown'

),

converted as (

    select
        orders.order_id,
        orders.customer_id,
        orders.campaign_id,
        orders.sales_rep_id,
        orders.order_type,
        orders.order_channel,
        orders.currency,
        orders.discount_code,
        orders.payment_method,
        orders.prices_include_tax,
        orders.ordered_on,
        orders.ordered_at,
        orders.updated_at,
        goods.line_amount,
        goods.gift_card_amount,
        goods.line_discount,
        goods.allocation_weight,
        goods.cost_of_goods,
        goods.is_cost_estimated,
        coalesce(goods.line_count, 0) as line_count,
        unknown_product.fallback_margin_rate,
        {{ to_reporting('orders.total_amount', 'orders.rate_to_reporting') }} as order_total,
        {{ to_reporting('coalesce(orders.discount_amount, 0)', 'orders.rate_to_reporting') }} as order_discount,
        {{ to_reporting('coalesce(orders.shipping_amount, 0)', 'orders.rate_to_reporting') }} as shipping_charged,
        {{ to_reporting('coalesce(orders.shipping_cost, 0)', 'orders.rate_to_reporting') }} as shipping_cost,
        {{ to_reporting('coalesce(orders.payment_fee_amount, 0)', 'orders.rate_to_reporting') }} as payment_fees,
        coalesce({{ to_reporting('orders.tax_amount', 'orders.rate_to_reporting') }}, goods.line_tax, 0)
            as tax_amount,
        -- an order cancelled or returned after the as-of date still stood
        case
            when orders.status = 'cancelled' and orders.cancelled_on > as_of.as_of_date then 'completed'
            when orders.status = 'returned' and {{ business_date('orders.updated_at') }} > as_of.as_of_date
                then 'completed'
            else coalesce(orders.status, 'completed')
        end as order_status

    from orders
    cross join as_of
    cross join unknown_product
    left join goods
        on orders.order_id = goods.order_id

),

valued as (

    select
        *,
        order_status in ('completed', 'returned') as is_sale,
        -- without lines the header says it: total = gross - discount + shipping + tax
        case
            when line_count = 0 then order_total - tax_amount - shipping_charged + order_discount
            when prices_include_tax then line_amount - tax_amount
            else line_amount
        end as goods_amount,
        case when line_count = 0 then order_discount else order_discount + line_discount end as discount_amount_all

    from converted

),

laddered as (

    select
        ---------- ids
        valued.order_id,
        valued.customer_id,
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
        coalesce(valued.allocation_weight, 0) as allocation_weight,
        valued.order_total,
        {{ sale_amount('valued.goods_amount') }} as gross_sales,
        {{ sale_amount('valued.discount_amount_all') }} as discounts,
        {{ sale_amount('valued.order_discount') }} as order_level_discounts,
        {{ sale_amount('valued.shipping_charged') }} as shipping_charged,
        {{ sale_amount('valued.shipping_cost') }} as shipping_cost,
        {{ sale_amount('valued.payment_fees') }} as payment_fees,
        {{ sale_amount('valued.tax_amount') }} as tax_amount,
        {{ sale_amount('case when valued.prices_include_tax then valued.tax_amount else 0 end') }}
            as included_tax_amount,
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
