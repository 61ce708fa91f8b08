-- The value ladder by customer and month, from gross sales to contribution: once with refunds on the order's date
-- (restated), once on their own (booked). Months without activity have no row.
{%- set families = service_cost_families().keys() | list %}
with

rates as (

    select count(*) as cost_rates from {{ ref('int_cost_rate_spans') }}

),

months as (

    select
        customer_months.*,
        rates.cost_rates
    from {{ ref('int_customer_months') }} as customer_months
    cross join rates

),

based as (

    select
        *,
        gross_sales - discounts - refunds_restated as net_revenue_restated,
        refunds_restated + refunds_moved as refunds_booked,
        gross_sales - discounts - refunds_restated - refunds_moved as net_revenue_booked,
        shipping_charged_restated - shipping_refunds_moved as shipping_charged_booked,
        -- a cost that nobody knows is not zero
        case when unknown_costs = 0 then cost_of_goods_restated end as known_cost_restated,
        case when unknown_costs = 0 and unknown_costs_moved = 0 then cost_of_goods_restated - restocked_cost_moved end
            as known_cost_booked,
        case when unknown_acquisition = 0 then acquisition_cost end as known_acquisition_cost,
        case
            when cost_rates = 0 then 'no_cost_rates'
            when unrated_driver is not null then 'no_rate_for_' || unrated_driver
        end as cost_to_serve_reason

    from months

),

laddered as (

    select
        *,
        {%- for basis in ['restated', 'booked'] %}
        net_revenue_{{ basis }} + shipping_charged_{{ basis }} - known_cost_{{ basis }} - shipping_cost - payment_fees
            as gross_margin_{{ basis }},
        {%- endfor %}
        case
            when cost_to_serve_reason is null
                then
                    0
                    {%- for family in families %}
                    + {{ family }}_cost
                    {%- endfor %}
        end as cost_to_serve

    from based

)

select
    ---------- ids
    customer_month_id,
    customer_key,

    ---------- texts
    cost_to_serve_reason,

    ---------- value ladder, reporting currency, without tax
    cast(orders as integer) as orders,
    cast(gross_sales as {{ money_type() }}) as gross_sales,
    cast(discounts as {{ money_type() }}) as discounts,
    {%- for basis in ['restated', 'booked'] %}
    cast(refunds_{{ basis }} as {{ money_type() }}) as refunds_{{ basis }},
    cast(net_revenue_{{ basis }} as {{ money_type() }}) as net_revenue_{{ basis }},
    cast(shipping_charged_{{ basis }} as {{ money_type() }}) as shipping_charged_{{ basis }},
    cast(known_cost_{{ basis }} as {{ money_type() }}) as cost_of_goods_{{ basis }},
    {%- endfor %}
    cast(shipping_cost as {{ money_type() }}) as shipping_cost,
    cast(payment_fees as {{ money_type() }}) as payment_fees,
    {%- for basis in ['restated', 'booked'] %}
    cast(gross_margin_{{ basis }} as {{ money_type() }}) as gross_margin_{{ basis }},
    {%- endfor %}
    {%- for family in families %}
    cast(case when cost_to_serve_reason is null then {{ family }}_cost end as {{ money_type() }}) as {{ family }}_cost,
    {%- endfor %}
    cast(cost_to_serve as {{ money_type() }}) as cost_to_serve,
    {%- for basis in ['restated', 'booked'] %}
    cast(gross_margin_{{ basis }} - cost_to_serve as {{ money_type() }}) as contribution_{{ basis }},
    {%- endfor %}
    cast(known_acquisition_cost as {{ money_type() }}) as acquisition_cost,
    {%- for basis in ['restated', 'booked'] %}
    cast(gross_margin_{{ basis }} - cost_to_serve - known_acquisition_cost as {{ money_type() }})
        as contribution_after_acquisition_{{ basis }},
    {%- endfor %}

    ---------- dates
    activity_month
from laddered
