{{ config(materialized='view') }}

-- Which products each customer lives on: one row per customer and product, with what the product's own lines brought
-- and the product's share of the customer. Shares are millionths that add up to a million.
-- A view: one model reads it, and writes it together with the rest.
with

customers as (

    select
        customer_key,
        realised_net_revenue,
        realised_gross_margin
    from {{ ref('int_customers__viewed') }}

),

lines as (

    select
        customer_key,
        product_id,
        net_revenue,
        gross_margin
    from {{ ref('fct_order_lines') }}
    where customer_key <> 'guest'

),

lines_by_customer as (

    select
        customer_key,
        sum(net_revenue) as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin
    from lines
    group by customer_key

),

-- orders without lines say nothing of products, and who has no order has none
remaining as (

    select
        customers.customer_key,
        case
            when lines_by_customer.customer_key is null and customers.realised_net_revenue = 0 then 'none'
            else 'unknown'
        end as product_id,
        customers.realised_net_revenue - coalesce(lines_by_customer.net_revenue, 0) as net_revenue,
        customers.realised_gross_margin
        - case when lines_by_customer.customer_key is null then 0 else lines_by_customer.gross_margin end
            as gross_margin
    from customers
    left join lines_by_customer
        on customers.customer_key = lines_by_customer.customer_key
    where
        lines_by_customer.customer_key is null
        or customers.realised_net_revenue <> lines_by_customer.net_revenue
        or customers.realised_gross_margin <> lines_by_customer.gross_margin
        or (customers.realised_gross_margin is null and lines_by_customer.gross_margin is not null)

),

products as (

    select
        customer_key,
        product_id,
        {{ sum_money('net_revenue') }} as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin
    from (
        select * from lines
        union all
        select * from remaining
    ) as all_lines
    group by
        customer_key,
        product_id

),

-- hashed and not sorted, since there are many rows: the sums of a customer, and then what rounding down leaves over
weights as (

    select
        customer_key,
        count(*) as products,
        sum(greatest(net_revenue, 0)) as weight,
        max(net_revenue) as largest
    from products
    group by customer_key

),

rounded as (

    select
        products.*,
        weights.products,
        products.net_revenue = weights.largest as is_largest,
        -- whoever gave everything back has no weights: all that was bought counts alike
        cast(floor(
            case
                when weights.weight > 0
                    then {{ divide('1000000 * greatest(products.net_revenue, 0)', 'weights.weight') }}
                else 1e6 / weights.products
            end
        ) as integer) as share_rounded_down
    from products
    inner join weights
        on products.customer_key = weights.customer_key

),

left_over as (

    select
        customer_key,
        1000000 - sum(share_rounded_down) as share_left_over,
        min(case when is_largest then product_id end) as largest_product_id
    from rounded
    where products > 1
    group by customer_key

)

select
    {{ row_key(['rounded.customer_key', 'rounded.product_id']) }} as product_credit_id,
    rounded.customer_key,
    rounded.product_id,
    cast(
        rounded.share_rounded_down
        -- of one product there is nothing left over but what a weight of nought leaves
        + case
            when left_over.customer_key is null then 1000000 - rounded.share_rounded_down
            when rounded.product_id = left_over.largest_product_id then left_over.share_left_over
            else 0
        end as integer
    ) as share_millionths,
    cast(rounded.net_revenue as {{ money_type() }}) as realised_net_revenue,
    cast(rounded.gross_margin as {{ money_type() }}) as realised_gross_margin
from rounded
left join left_over
    on rounded.customer_key = left_over.customer_key
