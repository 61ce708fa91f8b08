{{ config(materialized='view') }}

-- Each order in the reporting currency beside what its lines add up to, with the status it had at the as-of date.
-- A view: two models read it, each a few columns, and writing millions of orders costs more than converting them.
with

orders as (

    select * from {{ ref('stg_crm__orders') }}

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
        goods.cost_of_goods,
        goods.is_cost_estimated,
        coalesce(goods.line_count, 0) as line_count,
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
    cross join {{ ref('base_crm__as_of') }} as as_of
    left join {{ ref('int_orders__goods') }} as goods
        on orders.order_id = goods.order_id

)

select * from converted
