{{ config(materialized='view') }}

-- The purchases of each id of the few customers who have several: customers taken apart again.
-- A view: one mart reads it.
with

merged_ids as (

    select
        customer_id,
        customer_key
    from {{ ref('int_customers__keys') }}
    where customer_ids > 1

),

purchases_of_ids as (

    select
        merged_ids.customer_id,
        count(purchases.order_id) as purchase_orders

    from merged_ids
    left join {{ ref('stg_crm__orders') }} as orders
        on merged_ids.customer_id = orders.customer_id
    left join {{ ref('fct_orders') }} as purchases
        on
            orders.order_id = purchases.order_id
            and purchases.is_purchase
    group by merged_ids.customer_id

)

select * from purchases_of_ids
