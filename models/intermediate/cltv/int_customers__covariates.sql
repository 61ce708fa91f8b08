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

{% for level, covariate in [('acquisition_channel', 'covariate_channel'), ('customer_type', 'covariate_type')] %}
-- a group of a few customers cannot have parameters of its own, and a free text with thousands of values is no group
{{ covariate }}s as (

    select
        {{ level }},
        case
            when
                count(*) >= 50
                and row_number() over (order by count(*) desc, {{ level }} asc) <= 30
                then {{ level }}
            else 'other'
        end as {{ covariate }}
    from described
    group by {{ level }}

){{ ',' if not loop.last }}
{% endfor %}

select
    described.customer_key,
    described.first_purchased_on,
    described.acquisition_channel,
    described.customer_type,
    covariate_channels.covariate_channel,
    covariate_types.covariate_type,
    covariate_channels.covariate_channel || '|' || covariate_types.covariate_type as covariate_pattern,
    -- the same customers at every origin, drawn by a hash of their key, so that no order of rows decides
    row_number() over (order by {{ dbt.hash('described.customer_key') }}) as sample_number
from described
inner join covariate_channels
    on described.acquisition_channel = covariate_channels.acquisition_channel
inner join covariate_types
    on described.customer_type = covariate_types.customer_type
