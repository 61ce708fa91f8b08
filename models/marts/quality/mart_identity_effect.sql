-- What merging CRM ids did to the numbers that rest on who is a customer: before, by id, and after, by customer.
with

behaviour as (

    select
        customer_keys.customer_key,
        customer_keys.customer_ids,
        coalesce(frequency.purchase_orders, 0) as purchase_orders

    from {{ ref('dim_customers') }} as customer_keys
    left join {{ ref('fct_purchase_frequency') }} as frequency
        on customer_keys.customer_key = frequency.customer_key

),

-- the few customers of several ids, taken apart again
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

),

states as (

    select
        'after' as identity_state,
        purchase_orders
    from behaviour
    union all
    select
        'before' as identity_state,
        purchase_orders
    from behaviour
    where customer_ids = 1
    union all
    select
        'before' as identity_state,
        purchase_orders
    from purchases_of_ids

),

summed as (

    select
        identity_state,
        count(*) as customers,
        {{ count_if('purchase_orders > 0') }} as buying_customers,
        {{ count_if('purchase_orders > 1') }} as repeat_customers,
        sum(purchase_orders) as purchase_orders

    from states
    group by identity_state

)

select
    identity_state,
    cast(customers as {{ dbt.type_bigint() }}) as customers,
    cast(buying_customers as {{ dbt.type_bigint() }}) as buying_customers,
    cast(repeat_customers as {{ dbt.type_bigint() }}) as repeat_customers,
    cast(purchase_orders as {{ dbt.type_bigint() }}) as purchase_orders,
    {{ divide('repeat_customers', 'buying_customers') }} as repeat_rate,
    {{ divide('purchase_orders', 'buying_customers') }} as purchase_orders_per_buyer
from summed
