{{ config(materialized='view') }}

-- Each purchase day as it was known at each origin. A view: one model reads it.
with

customers as (

    select * from {{ ref('int_origin_customers') }}

),

-- on the day of an origin nobody knew of the refunds that came later
late_refunds as (

    select
        customers.origin_id,
        refunds.customer_key,
        refunds.ordered_on,
        {{ sum_money('refunds.refunds') }} as net_revenue,
        {{ sum_money('refunds.refunds + refunds.shipping_refunds - refunds.restocked_cost') }} as gross_margin

    from {{ ref('fct_refunds') }} as refunds
    inner join customers
        on
            refunds.customer_key = customers.customer_key
            and refunds.refunded_on > customers.origin_date
            and refunds.ordered_on <= customers.origin_date
    where customers.origin_kind <> 'now'
    group by
        customers.origin_id,
        refunds.customer_key,
        refunds.ordered_on

)

select
    {{ row_key(['customers.origin_id', 'customers.customer_key', 'purchase_days.purchased_on']) }} as known_day_id,
    customers.origin_id,
    customers.customer_key,
    customers.origin_date,
    purchase_days.purchased_on,
    {%- for basis in value_bases() %}
    purchase_days.{{ basis }} + coalesce(late_refunds.{{ basis }}, 0) as {{ basis }},
    {%- endfor %}
    purchase_days.days_since_previous
from customers
inner join {{ ref('int_customers__purchase_days') }} as purchase_days
    on
        customers.customer_key = purchase_days.customer_key
        and customers.origin_date >= purchase_days.purchased_on
left join late_refunds
    on
        customers.origin_id = late_refunds.origin_id
        and customers.customer_key = late_refunds.customer_key
        and purchase_days.purchased_on = late_refunds.ordered_on
