{{ config(materialized='view') }}

-- One row per customer, with its channel group. Holds personal data, for dim_customers_private only.
-- A view: personal data are not copied once more.
with

customers as (

    select * from {{ ref('int_customers__survivors') }}

),

channel_groups as (

    select * from {{ ref('channel_groups') }}

),

unified as (

    select
        ---------- ids
        customers.customer_key,
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
        customers.customer_ids,

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
    left join channel_groups
        on coalesce(lower(customers.acquisition_channel), 'unknown') = channel_groups.acquisition_channel

)

select * from unified
