-- The groups by which buying may differ, and a place in line for the sample that back-tests look at. Buyers only.
with

buyers as (

    select
        customer_key,
        min(purchased_on) as first_purchased_on
    from {{ ref('int_customers__purchase_days') }}
    group by customer_key

),

described as (

    select
        buyers.customer_key,
        buyers.first_purchased_on,
        coalesce(customers.acquisition_channel, 'unknown') as acquisition_channel,
        coalesce(customers.customer_type, 'unknown') as customer_type

    from buyers
    inner join {{ ref('dim_customers') }} as customers
        on buyers.customer_key = customers.customer_key

),

-- a channel of a few customers cannot have parameters of its own
channels as (

    select
        acquisition_channel,
        case when count(*) >= 50 then acquisition_channel else 'other' end as covariate_channel
    from described
    group by acquisition_channel

)

select
    described.customer_key,
    described.first_purchased_on,
    described.acquisition_channel,
    described.customer_type,
    channels.covariate_channel,
    channels.covariate_channel || '|' || described.customer_type as covariate_pattern,
    -- the same customers at every origin, drawn by a hash of their key, so that no order of rows decides
    row_number() over (order by {{ dbt.hash('described.customer_key') }}) as sample_number
from described
inner join channels
    on described.acquisition_channel = channels.acquisition_channel
