-- One row per customer, without personal data, as of the as-of date.
with

customers as (

    select
        unified.*,
        as_of.as_of_date,
        {{ full_years('unified.birth_date', 'as_of.as_of_date') }} as age_years

    from {{ ref('int_customers__unified') }} as unified
    cross join {{ ref('base_crm__as_of') }} as as_of

),

-- one row per customer; a channel on which nobody has asked stays null
consents as (

    select
        {%- for channel in consent_channels() %}
        max(case when channel = '{{ channel }}' then case when is_granted then 1 else 0 end end) = 1
            as has_{{ channel }}_consent,
        {%- endfor %}
        customer_key

    from {{ ref('int_customers__consents') }}
    where purpose = 'marketing'
    group by customer_key

)

select
    ---------- ids
    customers.customer_key,
    customers.acquisition_campaign_id,
    case
        when relations.has_assignments then relations.assigned_sales_rep_id
        else customers.sales_rep_id
    end as sales_rep_id,

    ---------- texts
    customers.acquisition_channel,
    customers.channel_group,
    customers.customer_type,
    customers.country,
    customers.region,
    customers.industry,
    coalesce(lower(customers.gender), 'unknown') as gender,
    {{ age_band('customers.age_years') }} as age_band,
    loyalty.loyalty_tier,
    touched.first_touch_channel,
    touched.last_touch_channel,

    ---------- numbers
    cast(customers.customer_ids as integer) as customer_ids,
    cast(loyalty.loyalty_points as {{ double_type() }}) as loyalty_points,
    cast(relations.nps_score as integer) as nps_score,

    ---------- booleans
    customers.is_paid_channel,
    coalesce(customers.deleted_on <= customers.as_of_date, false) as is_deleted,
    coalesce(relations.is_subscriber, false) as is_subscriber,
    {%- for channel in consent_channels() %}
    consents.has_{{ channel }}_consent,
    {%- endfor %}

    ---------- dates
    customers.created_on,
    touched.first_touch_on,
    touched.last_touch_on
from customers
left join consents
    on customers.customer_key = consents.customer_key
left join {{ ref('int_customers__loyalty') }} as loyalty
    on customers.customer_key = loyalty.customer_key
left join {{ ref('int_customers__touched') }} as touched
    on customers.customer_key = touched.customer_key
left join {{ ref('int_customers__relations') }} as relations
    on customers.customer_key = relations.customer_key
