{{ config(materialized='view') }}

-- Each contract as it was known on the as-of date. Last days are days with the contract: it is gone on the day after.
-- A view: contracts are few.
with

contracts as (

    select
        subscriptions.subscription_id,
        subscriptions.customer_id,
        customer_keys.customer_key,
        subscriptions.plan,
        subscriptions.billing_interval,
        subscriptions.started_on,
        subscriptions.trial_ends_on,
        case when subscriptions.ended_on <= as_of.as_of_date then subscriptions.ended_on end as ended_on,
        case when subscriptions.ended_on <= as_of.as_of_date then subscriptions.end_reason end as end_reason,
        as_of.as_of_date,
        case
            when subscriptions.ended_on < as_of.as_of_date then {{ add_days('subscriptions.ended_on', 1) }}
        end as gone_on

    from {{ ref('stg_crm__subscriptions') }} as subscriptions
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on subscriptions.customer_id = customer_keys.customer_id
    cross join {{ ref('base_crm__as_of') }} as as_of

),

with_status as (

    select
        *,
        case
            when gone_on is not null then 'ended'
            when trial_ends_on >= as_of_date then 'trial'
            else 'active'
        end as subscription_status

    from contracts

)

select * from with_status
