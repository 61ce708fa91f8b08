-- Σ over the members of each view = Σ of customers, for heads, orders and every kind of money, to the cent; and so for
-- the categories of the best customers. Heads of views that split customers are their shares.
with

customers as (

    select * from {{ ref('fct_customer_cltv') }}

),

costs as (

    select sum(acquisition_cost) as acquisition_cost from {{ ref('int_customers__won') }}

),

totals as (

    select
        {%- for column in viewed_money() if column != 'acquisition_cost' %}
        {%- if column.startswith('at_risk_') %}
        sum({{ at_risk_value('customers', column.replace('at_risk_', '').replace('_next_12m', '')) }}) as {{ column }},
        {%- else %}
        sum(customers.{{ column }}) as {{ column }},
        {%- endif %}
        {%- endfor %}
        max(costs.acquisition_cost) as acquisition_cost,
        sum(customers.expected_orders_12m) as expected_orders_12m,
        count(*) as heads
    from customers
    cross join costs

),

views as (

    select
        view_name,
        {%- for column in viewed_money() %}
        sum({{ column }}) as {{ column }},
        {%- endfor %}
        sum(expected_orders_12m) as expected_orders_12m,
        sum(credited_customers) as heads,
        sum(case when view_name in ({{ literals(whole_views().keys() | list) }}) then customers end) as whole_customers,
        -- what one member does not know, the view does not
        count(realised_gross_margin) = count(*) as is_margin_known,
        count(realised_contribution) = count(*) as is_contribution_known
    from {{ ref('int_cltv_views') }}
    group by view_name

)

select views.view_name
from views
cross join totals
where
    views.heads <> totals.heads
    or coalesce(views.whole_customers, totals.heads) <> totals.heads
    or coalesce(views.expected_orders_12m, 0) <> coalesce(totals.expected_orders_12m, 0)
    {%- for column in viewed_money() %}
    or coalesce(views.{{ column }}, 0) <> coalesce(totals.{{ column }}, 0)
    {%- if column in ('realised_gross_margin', 'probabilistic_gross_margin_total_12m') %}
    and views.is_margin_known
    {%- elif column in ('realised_contribution', 'probabilistic_contribution_total_12m') %}
    and views.is_contribution_known
    {%- endif %}
    {%- endfor %}

union all

select 'every view is there' as view_name
from totals
where
    totals.heads > 0
    and (select count(*) from views) <> {{ whole_views() | length + split_views() | length }}

union all

select 'category_affinity' as view_name
from (select sum(net_revenue) as net_revenue from {{ ref('mart_category_affinity') }}) as affinity
cross join totals
where coalesce(affinity.net_revenue, 0) <> coalesce(totals.realised_net_revenue, 0)
