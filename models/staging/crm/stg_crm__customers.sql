{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
with

-- whoever has ordered is a customer, even if the CRM only created the record later
with_orders as (

    select distinct orders.customer_id
    from {{ ref('base_crm__orders') }} as orders
    inner join {{ ref('base_crm__customers') }} as later_customers
        on orders.customer_id = later_customers.customer_id
    where
        orders.row_status = 'accepted'
        and later_customers.row_status = 'after_as_of'

)

select
    ---------- ids
    customers.customer_id,
    customers.acquisition_campaign_id,
    customers.sales_rep_id,
    customers.referred_by_customer_id,

    ---------- texts
    customers.email,
    customers.phone,
    customers.first_name,
    customers.last_name,
    customers.gender,
    customers.country,
    customers.region,
    customers.city,
    customers.postal_code,
    customers.customer_type,
    customers.company,
    customers.industry,
    customers.acquisition_channel,

    ---------- dates
    customers.birth_date,

    ---------- dates, timestamps
    customers.created_on,
    customers.created_at,
    customers.updated_at,
    customers.deleted_at,
    customers.synced_at
from {{ ref('base_crm__customers') }} as customers
left join with_orders
    on customers.customer_id = with_orders.customer_id
where
    customers.row_status = 'accepted'
    or (
        customers.row_status = 'after_as_of'
        and customers.version_rank = 1
        and with_orders.customer_id is not null
    )
