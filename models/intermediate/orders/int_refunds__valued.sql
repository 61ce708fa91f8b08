-- Each refund of a sale in the reporting currency, without its tax and shipping parts, on its own date.
with

orders as (

    select * from {{ ref('int_orders__sold') }}
    where is_sale

),

refunds as (

    select * from {{ ref('stg_crm__refunds') }}

),

booked as (

    select
        refunds.refund_id,
        refunds.order_id,
        refunds.order_line_id,
        refunds.refund_type,
        refunds.reason as refund_reason,
        refunds.refunded_on,
        refunds.quantity,
        coalesce(refunds.restocked, false) as is_restocked,
        false as is_assumed,
        {{ to_reporting('refunds.amount', 'refunds.rate_to_reporting') }} as refund_total,
        {{ to_reporting('refunds.tax_amount', 'refunds.rate_to_reporting') }} as refund_tax,
        {{ to_reporting('coalesce(refunds.shipping_amount, 0)', 'refunds.rate_to_reporting') }} as shipping_refunds

    from refunds

),

-- an order marked returned without any refund was given back in full: the status is all that the CRM kept
assumed as (

    select
        'assumed|' || orders.order_id as refund_id,
        orders.order_id,
        cast(null as {{ dbt.type_string() }}) as order_line_id,
        'return' as refund_type,
        cast(null as {{ dbt.type_string() }}) as refund_reason,
        coalesce(orders.updated_on, orders.ordered_on) as refunded_on,
        cast(null as {{ contract_type('quantity') }}) as quantity,
        false as is_restocked,
        true as is_assumed,
        orders.gross_sales - orders.discounts + orders.tax_amount as refund_total,
        orders.tax_amount as refund_tax,
        cast(0 as {{ money_type() }}) as shipping_refunds

    from orders
    left join booked
        on orders.order_id = booked.order_id
    where
        orders.order_status = 'returned'
        and booked.order_id is null

),

all_refunds as (

    select * from booked
    union all
    select * from assumed

),

parted as (

    select
        all_refunds.*,
        orders.customer_key,
        orders.ordered_on,
        orders.gross_sales - orders.discounts as sold_amount,
        orders.cost_of_goods as order_cost_of_goods,
        order_lines.cost_of_goods as line_cost_of_goods,
        order_lines.quantity as line_quantity,
        -- a refund that does not name its tax carries the order's share of it
        coalesce(
            all_refunds.refund_tax,
            {{ round_money(
                'cast(' ~ divide('all_refunds.refund_total * orders.tax_amount', 'orders.order_total') ~ ' as decimal(28, 6))'
            ) }},
            0
        ) as tax_refunds

    from all_refunds
    inner join orders
        on all_refunds.order_id = orders.order_id
    left join {{ ref('int_order_lines__priced') }} as order_lines
        on all_refunds.order_line_id = order_lines.order_line_id

),

valued as (

    select
        refund_id,
        order_id,
        order_line_id,
        customer_key,
        refund_type,
        refund_reason,
        refunded_on,
        ordered_on,
        is_restocked,
        is_assumed,
        refund_total,
        tax_refunds,
        shipping_refunds,
        refund_total - tax_refunds - shipping_refunds as refunds,
        -- goods that go back on the shelf cost nothing; what was thrown away did
        case
            when not is_restocked then 0
            when line_cost_of_goods is not null
                then {{ predicted_money(
                    'line_cost_of_goods * least(1, coalesce(' ~ divide('quantity', 'line_quantity') ~ ', 1))'
                ) }}
            else
                {{ predicted_money(
                    'order_cost_of_goods * least(1, coalesce('
                    ~ divide('refund_total - tax_refunds - shipping_refunds', 'sold_amount') ~ ', 0))'
                ) }}
        end as restocked_cost

    from parted

)

select * from valued
