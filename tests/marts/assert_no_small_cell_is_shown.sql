-- Nobody can be singled out by subtraction: no member of a view stands for fewer customers than the variable
-- minimum_cell_customers, and so neither does what is left when any of them are taken off a total; nor what is left of
-- a category without its products, of the best customers of a category, or of those who come and go in the bridge.
-- Only where all customers together are fewer are they shown, as one.
with

cells as (

    select
        view_name,
        member_id,
        customers,
        sum(customers) over (partition by view_name) as view_customers
    from {{ ref('int_cltv_views') }}

),

-- counted anew, not as the views say
customers_shown as (

    select
        members.view_name,
        members.shown_member_id,
        count(distinct credits.customer_key) as customers
    from {{ ref('int_view_credits') }} as credits
    inner join {{ ref('int_view_members') }} as members
        on
            credits.view_name = members.view_name
            and credits.member_id = members.member_id
    group by
        members.view_name,
        members.shown_member_id

),

-- the products of a category as it is shown add up to it: none is left over
products as (

    select
        member_group,
        sum(realised_net_revenue) as net_revenue
    from {{ ref('mart_product_cltv') }}
    group by member_group

)

select
    view_name || ' ' || member_id as finding,
    customers
from cells
where
    {{ is_small_cell('customers') }}
    and customers < view_customers

union all

select
    'counted ' || customers_shown.view_name || ' ' || customers_shown.shown_member_id as finding,
    customers_shown.customers
from customers_shown
inner join cells
    on
        customers_shown.view_name = cells.view_name
        and customers_shown.shown_member_id = cells.member_id
where
    customers_shown.customers <> cells.customers

union all

select
    'category without its products ' || categories.member_id as finding,
    categories.customers
from {{ ref('mart_category_cltv') }} as categories
left join products
    on categories.member_id = products.member_group
where categories.realised_net_revenue <> coalesce(products.net_revenue, 0)

union all

select
    'best or other customers of category ' || category as finding,
    top_customers as customers
from {{ ref('mart_category_affinity') }}
where
    category <> 'other'
    and (
        {{ is_small_cell('top_customers') }}
        or ({{ is_small_cell('(customers - top_customers)') }})
    )

union all

-- those who come or go by a step
select
    'bridge ' || steps.bridge_step_id as finding,
    steps.customers
from {{ ref('fct_cltv_method_bridge') }} as steps
inner join {{ ref('method_bridge_steps') }} as rules
    on steps.step_number = rules.step_number
where
    {{ is_small_cell('steps.customers') }}
    and rules.step_number <> rules.beside_step
