-- How well each sales rep keeps the CRM: sales without a logged contact in the 90 days before, and customers whom
-- nobody could write to or call.
{%- set logs_contacts = crm_table_is_on('interactions') or crm_table_is_on('support_tickets') %}
with

customers as (

    select
        customer_key,
        sales_rep_id,
        email,
        phone
    from {{ ref('int_customers__unified') }}

),

-- the rep who sold; where the order names none, the customer's
sales as (

    select
        orders.order_id,
        orders.customer_key,
        orders.ordered_on,
        coalesce(orders.sales_rep_id, customers.sales_rep_id) as sales_rep_id,
        orders.ordered_on > {{ add_days('as_of.as_of_date', -365) }} as is_recent

    from {{ ref('fct_orders') }} as orders
    inner join customers
        on orders.customer_key = customers.customer_key
    cross join {{ ref('base_crm__as_of') }} as as_of
    where
        orders.is_sale
        and coalesce(orders.sales_rep_id, customers.sales_rep_id) is not null

),

contacted as (

    select distinct sales.order_id
    from sales
    inner join {{ ref('int_customer_contacts') }} as contacts
        on
            sales.customer_key = contacts.customer_key
            and sales.ordered_on >= contacts.contact_on
            and {{ add_days('sales.ordered_on', -90) }} <= contacts.contact_on

),

sales_by_rep as (

    select
        sales.sales_rep_id,
        count(*) as orders,
        {{ count_if('sales.is_recent') }} as orders_12m,
        {{ count_if('contacted.order_id is null') }} as orders_without_contact,
        {{ count_if('contacted.order_id is null and sales.is_recent') }} as orders_without_contact_12m

    from sales
    left join contacted
        on sales.order_id = contacted.order_id
    group by sales.sales_rep_id

),

customers_by_rep as (

    select
        sales_rep_id,
        count(*) as customers,
        {{ count_if('email is null') }} as customers_without_email,
        {{ count_if('phone is null') }} as customers_without_phone,
        {{ count_if('email is null and phone is null') }} as customers_unreachable
    from customers
    where sales_rep_id is not null
    group by sales_rep_id

),

reps as (

    select sales_rep_id from sales_by_rep
    union distinct
    select sales_rep_id from customers_by_rep

)

select
    reps.sales_rep_id,
    coalesce(sales_reps.rep_name, reps.sales_rep_id) as rep_name,
    coalesce(sales_reps.team, 'unknown') as team,
    cast(coalesce(sales_by_rep.orders, 0) as {{ dbt.type_bigint() }}) as orders,
    cast(coalesce(sales_by_rep.orders_12m, 0) as {{ dbt.type_bigint() }}) as orders_12m,
    {%- if logs_contacts %}
    cast(coalesce(sales_by_rep.orders_without_contact, 0) as {{ dbt.type_bigint() }}) as orders_without_contact,
    cast(coalesce(sales_by_rep.orders_without_contact_12m, 0) as {{ dbt.type_bigint() }}) as orders_without_contact_12m,
    {{ divide('sales_by_rep.orders_without_contact', 'sales_by_rep.orders') }} as share_without_contact,
    {{ divide('sales_by_rep.orders_without_contact_12m', 'sales_by_rep.orders_12m') }} as share_without_contact_12m,
    {%- else %}
    -- neither conversations nor tickets are loaded: nobody can say
    cast(null as {{ dbt.type_bigint() }}) as orders_without_contact,
    cast(null as {{ dbt.type_bigint() }}) as orders_without_contact_12m,
    cast(null as {{ double_type() }}) as share_without_contact,
    cast(null as {{ double_type() }}) as share_without_contact_12m,
    {%- endif %}
    cast(coalesce(customers_by_rep.customers, 0) as {{ dbt.type_bigint() }}) as customers,
    cast(coalesce(customers_by_rep.customers_without_email, 0) as {{ dbt.type_bigint() }}) as customers_without_email,
    cast(coalesce(customers_by_rep.customers_without_phone, 0) as {{ dbt.type_bigint() }}) as customers_without_phone,
    cast(coalesce(customers_by_rep.customers_unreachable, 0) as {{ dbt.type_bigint() }}) as customers_unreachable
from reps
left join sales_by_rep
    on reps.sales_rep_id = sales_by_rep.sales_rep_id
left join customers_by_rep
    on reps.sales_rep_id = customers_by_rep.sales_rep_id
left join {{ ref('dim_sales_reps') }} as sales_reps
    on reps.sales_rep_id = sales_reps.sales_rep_id
