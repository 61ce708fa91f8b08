{{ config(materialized='view') }}

-- The value ladder of each order, refunds restated to the order.
-- A view: one fact reads it, and all later models read the fact.
with

orders as (

    select * from {{ ref('int_orders__sold') }}

),

-- one row per order before the join: an order may be refunded in several parts
refunds_by_order as (

    select
        order_id,
        {{ sum_money('refunds') }} as refunds,
        {{ sum_money('shipping_refunds') }} as shipping_refunds,
        {{ sum_money("case when refund_type = 'cancellation' then refunds else 0 end") }} as cancellation_refunds,
        {{ sum_if_complete('restocked_cost') }} as restocked_cost,
        max(refunded_on) as last_refunded_on

    from {{ ref('int_refunds__valued') }}
    group by order_id

),

restated as (

    select
        orders.*,
        coalesce(refunds_by_order.refunds, 0) as refunds,
        coalesce(refunds_by_order.shipping_refunds, 0) as shipping_refunds,
        coalesce(refunds_by_order.cancellation_refunds, 0) as cancellation_refunds,
        case when refunds_by_order.order_id is null then 0 else refunds_by_order.restocked_cost end as restocked_cost,
        refunds_by_order.last_refunded_on

    from orders
    left join refunds_by_order
        on orders.order_id = refunds_by_order.order_id

),

laddered as (

    select
        ---------- ids
        order_id,
        customer_key,
        campaign_id,
        sales_rep_id,

        ---------- texts
        order_status,
        order_type,
        order_channel,
        currency,
        discount_code,
        payment_method,

        ---------- numbers
        line_count,
        order_total,
        gift_card_sales,
        gross_sales,
        discounts,
        cast(refunds as {{ money_type() }}) as refunds,
        cast(gross_sales - discounts - refunds as {{ money_type() }}) as net_revenue,
        cast(shipping_charged - shipping_refunds as {{ money_type() }}) as shipping_charged,
        cast(cost_of_goods - restocked_cost as {{ money_type() }}) as cost_of_goods,
        shipping_cost,
        payment_fees,
        cast(
            gross_sales - discounts - refunds
            + shipping_charged - shipping_refunds
            - (cost_of_goods - restocked_cost)
            - shipping_cost
            - payment_fees as {{ money_type() }}
        ) as gross_margin,
        tax_amount,

        ---------- booleans
        is_sale,
        -- subscriptions are contracts and replacements are repairs: neither is a decision to buy again
        is_sale
        and order_type = 'one_off'
        and not (cancellation_refunds > 0 and cancellation_refunds >= gross_sales - discounts) as is_purchase,
        is_header_valued,
        is_cost_estimated,

        ---------- dates
        ordered_on,
        last_refunded_on,

        ---------- timestamps
        ordered_at

    from restated

)

select * from laddered
