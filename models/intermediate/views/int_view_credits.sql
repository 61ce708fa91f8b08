-- Views in which a customer may belong to several members: how much of each customer is credited to whom.
-- Realised value goes to what was bought and to who sold it; of the future, and of the customer as a head, the shares
-- are millionths that add up to a million.
with

customers as (

    select
        customer_key,
        sales_rep,
        realised_net_revenue,
        realised_gross_margin
    from {{ ref('int_customers__viewed') }}

),

bought_products as (

    select
        customer_key,
        product_id,
        {{ sum_money('net_revenue') }} as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin

    from {{ ref('fct_order_lines') }}
    where customer_key <> 'guest'
    group by
        customer_key,
        product_id

),

bought as (

    select
        customer_key,
        sum(net_revenue) as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin
    from bought_products
    group by customer_key

),

-- orders without lines say nothing of products, and who never bought has none
all_products as (

    select * from bought_products

    union all

    select
        customers.customer_key,
        case when customers.realised_net_revenue = 0 and bought.customer_key is null then 'none' else 'unknown' end
            as product_id,
        customers.realised_net_revenue - coalesce(bought.net_revenue, 0) as net_revenue,
        customers.realised_gross_margin
        - case when bought.customer_key is null then 0 else coalesce(bought.gross_margin, 0) end as gross_margin
    from customers
    left join bought
        on customers.customer_key = bought.customer_key
    where
        bought.customer_key is null
        or customers.realised_net_revenue <> bought.net_revenue
        or customers.realised_gross_margin <> bought.gross_margin
        or (customers.realised_gross_margin is null and bought.gross_margin is not null)

),

sold as (

    select
        customer_key,
        coalesce(sales_rep_id, 'none') as sales_rep,
        {{ sum_money('net_revenue') }} as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin,
        0 as is_todays
    from {{ ref('fct_orders') }}
    where
        is_sale
        and customer_key <> 'guest'
    group by
        customer_key,
        coalesce(sales_rep_id, 'none')

    union all

    select
        customer_key,
        sales_rep,
        0 as net_revenue,
        0 as gross_margin,
        1 as is_todays
    from customers

),

credited as (

    -- a line of 'unknown' and the rest of an order without lines are one member
    select
        'product' as view_name,
        product_id as member_id,
        customer_key,
        sum(net_revenue) as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin,
        greatest(sum(net_revenue), 0) as weight
    from all_products
    group by
        customer_key,
        product_id

    union all

    select
        'category' as view_name,
        case when all_products.product_id = 'none' then 'none' else coalesce(products.category, 'unknown') end
            as member_id,
        all_products.customer_key,
        sum(all_products.net_revenue) as net_revenue,
        {{ sum_if_complete('all_products.gross_margin') }} as gross_margin,
        greatest(sum(all_products.net_revenue), 0) as weight
    from all_products
    left join {{ ref('dim_products') }} as products
        on all_products.product_id = products.product_id
    group by
        case when all_products.product_id = 'none' then 'none' else coalesce(products.category, 'unknown') end,
        all_products.customer_key

    union all

    select
        'sales_rep' as view_name,
        sales_rep as member_id,
        customer_key,
        sum(net_revenue) as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin,
        max(is_todays) as weight
    from sold
    group by
        customer_key,
        sales_rep

),

-- somebody who gave everything back has no weights: what they bought counts alike
weighted as (

    select
        *,
        count(*) over customer_rows as members,
        sum(weight) over customer_rows as customer_weight,
        row_number() over (
            partition by view_name, customer_key
            order by weight desc, member_id
        ) as place

    from credited
    window customer_rows as (partition by view_name, customer_key)

),

rounded as (

    select
        *,
        case
            when members = 1 then 1000000
            when customer_weight > 0 then cast(floor(1e6 * weight / customer_weight) as {{ dbt.type_bigint() }})
            else cast(floor(1e6 / members) as {{ dbt.type_bigint() }})
        end as share_rounded_down

    from weighted

)

select
    {{ row_key(['view_name', 'member_id', 'customer_key']) }} as view_credit_id,
    view_name,
    member_id,
    customer_key,
    -- what rounding down has left over goes to the largest share
    case
        when place = 1
            then 1000000 - (sum(share_rounded_down) over (partition by view_name, customer_key) - share_rounded_down)
        else share_rounded_down
    end as share_millionths,
    cast(net_revenue as {{ money_type() }}) as realised_net_revenue,
    cast(gross_margin as {{ money_type() }}) as realised_gross_margin,
    place = 1 as is_home
from rounded
