{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    customer_id,
    acquisition_campaign_id,
    sales_rep_id,
    referred_by_customer_id,

    ---------- texts
    email,
    phone,
    first_name,
    last_name,
    gender,
    country,
    region,
    city,
    postal_code,
    customer_type,
    company,
    industry,
    acquisition_channel,

    ---------- dates
    birth_date,

    ---------- timestamps
    created_at,
    updated_at,
    deleted_at,
    synced_at
from {{ ref('base_crm__customers') }}
where row_status = 'accepted'
