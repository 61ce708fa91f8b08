-- The ladder by customer and month comes to the same as the orders, on both bases, and cost to serve to what the events
-- cost; net revenue is what the reconciliation leaves of the CRM's order totals, and what headers and lines disagree by
-- is what dq_order_totals names.
with

monthly as (

    select
        sum(net_revenue_restated) as net_revenue_restated,
        sum(net_revenue_booked) as net_revenue_booked,
        sum(shipping_charged_restated) as shipping_charged_restated,
        sum(shipping_charged_booked) as shipping_charged_booked,
        sum(coalesce(cost_to_serve, 0)) as cost_to_serve,
        sum(coalesce(acquisition_cost, 0)) as acquisition_cost,
        count(case when cost_to_serve is null then 1 end) as unknown_months
    from {{ ref('fct_customer_monthly_value') }}

),

orders as (

    select
        sum(net_revenue) as net_revenue,
        sum(shipping_charged) as shipping_charged
    from {{ ref('fct_orders') }}

),

service as (

    select
        sum(ticket_cost)
        + sum(contact_cost)
        + sum(message_cost)
        + sum(return_cost)
        + sum(loyalty_cost) as cost_to_serve
    from {{ ref('int_service_costs') }}

),

won as (

    select sum(coalesce(acquisition_cost, 0)) as acquisition_cost
    from {{ ref('int_customers__won') }}

),

steps as (

    select
        max(case when step_name = 'refunds' then remaining_amount end) as left_over,
        max(case when step_name = 'net_revenue' then amount end) as net_revenue,
        max(case when step_name = 'header_against_lines' then amount end) as header_against_lines
    from {{ ref('mart_revenue_reconciliation') }}

),

named_differences as (

    select
        coalesce(sum(totals.difference_reporting), 0) as difference,
        (select count(*) from {{ ref('fct_order_lines') }}) as line_count
    from {{ ref('dq_order_totals') }} as totals
    inner join {{ ref('fct_orders') }} as orders
        on totals.order_id = orders.order_id
    where orders.is_sale

)

select
    monthly.*,
    steps.left_over,
    steps.header_against_lines
from monthly
cross join orders
cross join service
cross join won
cross join steps
cross join named_differences
where
    monthly.net_revenue_restated <> orders.net_revenue
    or monthly.net_revenue_booked <> orders.net_revenue
    or monthly.shipping_charged_restated <> orders.shipping_charged
    or monthly.shipping_charged_booked <> orders.shipping_charged
    or (monthly.unknown_months = 0 and monthly.cost_to_serve <> service.cost_to_serve)
    or monthly.acquisition_cost <> won.acquisition_cost
    or steps.left_over <> steps.net_revenue
    or steps.net_revenue <> orders.net_revenue
    -- a cent per line for rounding
    or abs(steps.header_against_lines + named_differences.difference) > named_differences.line_count * 0.01
