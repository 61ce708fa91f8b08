-- One row per customer, without personal data.
select
    ---------- ids
    customer_key,
    acquisition_campaign_id,
    sales_rep_id,

    ---------- texts
    acquisition_channel,
    channel_group,
    customer_type,
    country,
    region,
    industry,

    ---------- numbers
    cast(customer_ids as integer) as customer_ids,

    ---------- booleans
    is_paid_channel,
    deleted_on is not null as is_deleted,

    ---------- dates
    created_on
from {{ ref('int_customers__unified') }}
