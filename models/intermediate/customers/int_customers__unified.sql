{{ config(materialized='view') }}

-- One row per customer: the fields of the oldest id, which stands for all the ids that were merged into it.
-- A view: personal data are not copied once more.
with

customers as (

    select * from {{ ref('stg_crm__customers') }}

),

customer_keys as (

    select * from {{ ref('int_customers__keys') }}
    where customer_id = customer_key

),

channel_groups as (

    select * from {{ ref('channel_groups') }}

),

unified as (

    select
        ---------- ids
        customer_keys.customer_key,
        customers.acquisition_campaign_id,
        customers.sales_rep_id,
        customers.referred_by_customer_id,

        ---------- texts
        coalesce(lower(customers.acquisition_channel), 'unknown') as acquisition_channel,
        coalesce(channel_groups.channel_group, 'other') as channel_group,
        coalesce(lower(customers.customer_type), 'unknown') as customer_type,
        coalesce(customers.country, 'unknown') as country,
        coalesce(customers.region, 'unknown') as region,
        customers.city,
        customers.industry,
        customers.gender,

        ---------- numbers
        customer_keys.customer_ids,

        ---------- booleans
        coalesce(channel_groups.is_paid, false) as is_paid_channel,

        ---------- dates
        customers.created_on,
        {{ business_date('customers.deleted_at') }} as deleted_on,

        ---------- personal data, for dim_customers_private only
        customers.email,
        customers.phone,
        customers.first_name,
        customers.last_name,
        customers.birth_date,
        customers.postal_code,
        customers.company

    from customers
    inner join customer_keys
        on customers.customer_id = customer_keys.customer_id
    left join channel_groups
        on coalesce(lower(customers.acquisition_channel), 'unknown') = channel_groups.acquisition_channel

)

select * from unified
