-- Views in which a customer may belong to several members: how much of each customer is credited to whom. Realised
-- value goes to what was bought and to who sold it; of the future, and of the customer as a head, there are shares.
-- Without a key of its own: a text for each of many rows would cost more than all the rest.
with

products as (

    select * from {{ ref('int_product_credits') }}

),

categories as (

    select
        products.customer_key,
        case when products.product_id = 'none' then 'none' else coalesce(catalogue.category, 'unknown') end as category,
        sum(products.share_millionths) as share_millionths,
        sum(products.realised_net_revenue) as realised_net_revenue,
        {{ sum_if_complete('products.realised_gross_margin') }} as realised_gross_margin
    from products
    left join {{ ref('dim_products') }} as catalogue
        on products.product_id = catalogue.product_id
    group by
        products.customer_key,
        case when products.product_id = 'none' then 'none' else coalesce(catalogue.category, 'unknown') end

),

-- what they sold, and whom they look after today
sold as (

    select
        customer_key,
        coalesce(sales_rep_id, 'none') as sales_rep,
        net_revenue,
        gross_margin,
        0 as is_todays
    from {{ ref('fct_orders') }}
    where
        is_sale
        and customer_key <> 'guest'

    union all

    select
        customer_key,
        sales_rep,
        0 as net_revenue,
        0 as gross_margin,
        1 as is_todays
    from {{ ref('int_customers__viewed') }}

),

sales_reps as (

    select
        customer_key,
        sales_rep,
        1000000 * max(is_todays) as share_millionths,
        sum(net_revenue) as realised_net_revenue,
        {{ sum_if_complete('gross_margin') }} as realised_gross_margin
    from sold
    group by
        customer_key,
        sales_rep

),

credits as (

    {% for view_name, relation, member in [
        ('product', 'products', 'product_id'), ('category', 'categories', 'category'), ('sales_rep', 'sales_reps', 'sales_rep')
    ] -%}
    select
        '{{ view_name }}' as view_name,
        {{ member }} as member_id,
        customer_key,
        cast(share_millionths as integer) as share_millionths,
        cast(realised_net_revenue as {{ money_type() }}) as realised_net_revenue,
        cast(realised_gross_margin as {{ money_type() }}) as realised_gross_margin
    from {{ relation }}
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}

)

select * from credits
