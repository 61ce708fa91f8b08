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
    from {{ ref('int_merged_ids__purchases') }}

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
