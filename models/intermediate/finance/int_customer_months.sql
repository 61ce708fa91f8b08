{{ config(materialized='view') }}

-- Everything that moves a customer's value ladder, summed by month: sales, refunds that fall into another month than
-- their order, service, and what it cost to win the customer.
-- A view: one fact reads it.
with

-- refunds are off the order here
orders as (

    select
        *,
        {{ month_start('ordered_on') }} as activity_month
    from {{ ref('fct_orders') }}
    where is_sale

),

moved_refunds as (

    select
        *,
        {{ month_start('ordered_on') }} as ordered_month,
        {{ month_start('refunded_on') }} as refunded_month
    from {{ ref('fct_refunds') }}
    where {{ month_start('ordered_on') }} <> {{ month_start('refunded_on') }}

),

service as (

    select * from {{ ref('int_service_costs') }}

),

entries as (

    {{ ladder_entries('orders', 'activity_month', {
        'orders': '1',
        'gross_sales': 'gross_sales',
        'discounts': 'discounts',
        'refunds_restated': 'refunds',
        'shipping_charged_restated': 'shipping_charged',
        'cost_of_goods_restated': 'coalesce(cost_of_goods, 0)',
        'shipping_cost': 'shipping_cost',
        'payment_fees': 'payment_fees',
        'unknown_costs': 'case when cost_of_goods is null then 1 else 0 end',
    }) }}
    union all
    -- out of the order's month …
    {{ ladder_entries('moved_refunds', 'ordered_month', {
        'refunds_moved': '-refunds',
        'shipping_refunds_moved': '-shipping_refunds',
        'restocked_cost_moved': '-coalesce(restocked_cost, 0)',
        'unknown_costs_moved': 'case when restocked_cost is null then 1 else 0 end',
    }) }}
    union all
    -- … into the refund's
    {{ ladder_entries('moved_refunds', 'refunded_month', {
        'refunds_moved': 'refunds',
        'shipping_refunds_moved': 'shipping_refunds',
        'restocked_cost_moved': 'coalesce(restocked_cost, 0)',
        'unknown_costs_moved': 'case when restocked_cost is null then 1 else 0 end',
    }) }}
    union all
    {{ ladder_entries('service', 'activity_month', {
        'ticket_cost': 'ticket_cost',
        'contact_cost': 'contact_cost',
        'message_cost': 'message_cost',
        'return_cost': 'return_cost',
        'loyalty_cost': 'loyalty_cost',
        'unrated_driver': 'unrated_driver',
    }) }}
    union all
    {{ ladder_entries(ref('int_customers__won'), 'won_month', {
        'acquisition_cost': 'coalesce(acquisition_cost, 0)',
        'unknown_acquisition': 'case when acquisition_cost is null then 1 else 0 end',
    }) }}

),

summed as (

    select
        customer_key,
        activity_month,
        sum(orders) as orders,
        sum(unknown_costs) as unknown_costs,
        sum(unknown_costs_moved) as unknown_costs_moved,
        sum(unknown_acquisition) as unknown_acquisition,
        {%- for amount in ladder_amounts() %}
        {{ sum_money(amount) }} as {{ amount }},
        {%- endfor %}
        max(unrated_driver) as unrated_driver

    from entries
    group by
        customer_key,
        activity_month

)

select
    {{ row_key(['customer_key', 'activity_month']) }} as customer_month_id,
    *
from summed
