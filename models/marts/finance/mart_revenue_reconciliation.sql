-- From the sum of all order totals in the CRM to net revenue, step by step: each step takes away what it names. Orders
-- whose total cannot be read or converted are in no amount; they are counted beside it.
{#- step → [order, rows, amount] over the one row of `sums` #}
{%- set steps = {
    'raw_order_total': [10, 'raw_rows', 'raw_total'],
    'tax': [40, 'sale_orders', '-tax_amount'],
    'shipping': [50, 'sale_orders', '-shipping_charged'],
    'gift_cards': [60, 'sale_orders', '-gift_card_sales'],
    'header_against_lines': [70, 'sale_orders', 'sold_amount + tax_amount + shipping_charged + gift_card_sales - order_total'],
    'refunds': [80, 'refund_rows', '-refunds'],
    'net_revenue': [90, 'sale_orders', 'net_revenue'],
    'of_which_guests': [91, 'guest_orders', 'guest_net_revenue'],
    'of_which_subscriptions': [92, 'subscription_orders', 'subscription_net_revenue'],
} %}
with

raw_orders as (

    select
        row_status,
        coalesce(reject_reason, 'all') as detail,
        count(*) as row_count,
        {{ count_if('total_amount is null or rate_to_reporting is null') }} as rows_without_amount,
        -- null, and not nought, where none of them has an amount
        {{ sum_money(to_reporting('total_amount', 'rate_to_reporting')) }} as amount

    from {{ ref('base_crm__orders') }}
    group by
        row_status,
        coalesce(reject_reason, 'all')

),

orders as (

    select * from {{ ref('fct_orders') }}

),

received as (

    select
        coalesce(sum(row_count), 0) as raw_rows,
        coalesce(sum(rows_without_amount), 0) as raw_rows_without_amount,
        coalesce({{ sum_money('amount') }}, 0) as raw_total
    from raw_orders

),

given_back as (

    select
        count(*) as refund_rows,
        coalesce({{ sum_money('refunds') }}, 0) as refunds,
        coalesce({{ sum_money('shipping_refunds') }}, 0) as shipping_refunds
    from {{ ref('fct_refunds') }}

),

sold as (

    select
        {%- for name, amount in {
            'order_total': 'order_total',
            'tax_amount': 'tax_amount',
            'shipping_left': 'shipping_charged',
            'gift_card_sales': 'gift_card_sales',
            'sold_amount': 'gross_sales - discounts',
            'net_revenue': 'net_revenue',
            'guest_net_revenue': 'case when is_guest then net_revenue else 0 end',
            'subscription_net_revenue': "case when order_type = 'subscription' then net_revenue else 0 end",
        }.items() %}
        coalesce({{ sum_money(amount) }}, 0) as {{ name }},
        {%- endfor %}
        count(*) as sale_orders,
        {{ count_if('is_guest') }} as guest_orders,
        {{ count_if("order_type = 'subscription'") }} as subscription_orders
    from orders
    where is_sale

),

sums as (

    select
        sold.*,
        received.raw_rows,
        received.raw_rows_without_amount,
        received.raw_total,
        given_back.refund_rows,
        given_back.refunds,
        -- as it was charged: what was given back of it is no revenue either
        sold.shipping_left + given_back.shipping_refunds as shipping_charged

    from sold
    cross join received
    cross join given_back

),

steps as (

    {% for step, (step_order, row_count, amount) in steps.items() -%}
    select
        {{ step_order }} as step_order,
        '{{ step }}' as step_name,
        'all' as detail,
        {{ row_count }} as row_count,
        {{ 'raw_rows_without_amount' if step == 'raw_order_total' else 0 }} as rows_without_amount,
        {{ amount }} as amount
    from sums

    union all

    {% endfor -%}
    select
        20 as step_order,
        row_status as step_name,
        detail,
        row_count,
        rows_without_amount,
        -amount as amount
    from raw_orders
    where row_status <> 'accepted'

    union all

    select
        30 as step_order,
        'no_sale' as step_name,
        order_status as detail,
        count(*) as row_count,
        0 as rows_without_amount,
        -{{ sum_money('order_total') }} as amount
    from orders
    where not is_sale
    group by order_status

)

select
    ---------- ids
    {{ row_key(['step_name', 'detail']) }} as reconciliation_id,

    ---------- texts
    step_name,
    detail,

    ---------- numbers
    cast(step_order as integer) as step_order,
    cast(row_count as {{ dbt.type_bigint() }}) as row_count,
    cast(rows_without_amount as {{ dbt.type_bigint() }}) as rows_without_amount,
    cast(amount as {{ money_sum_type() }}) as amount,
    -- what is left after this step
    cast(
        case
            when step_order < 90
                then sum(amount) over (order by step_order, step_name, detail rows unbounded preceding)
            else amount
        end as {{ money_sum_type() }}
    ) as remaining_amount
from steps
