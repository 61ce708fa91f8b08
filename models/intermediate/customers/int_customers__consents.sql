{{ config(materialized='view') }}

-- What each customer allows now: the entry that was recorded last decides, in whatever order entries arrived. Ids that
-- were merged are one person with one will.
-- A view: one dimension reads it.
with

entries as (

    select
        customer_keys.customer_key,
        lower(consents.purpose) as purpose,
        lower(consents.channel) as channel,
        consents.granted,
        consents.source,
        consents.recorded_on,
        {{ business_date('consents.expires_at') }} as expires_on,
        consents.recorded_at,
        consents.consent_id

    from {{ ref('stg_crm__consents') }} as consents
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on consents.customer_id = customer_keys.customer_id

),

-- both windows over the same groups: a group by and a join back would cost twice as much
ranked as (

    select
        *,
        row_number() over (
            partition by customer_key, purpose, channel
            order by recorded_at desc, consent_id desc
        ) as entry_rank,
        max(case when granted then 1 else 0 end) over (partition by customer_key, purpose, channel) = 1
            as was_granted

    from entries

),

states as (

    select
        ranked.customer_key,
        ranked.purpose,
        ranked.channel,
        ranked.source,
        case
            when not ranked.granted and ranked.was_granted then 'withdrawn'
            when not ranked.granted then 'never_granted'
            when ranked.expires_on <= as_of.as_of_date then 'expired'
            else 'granted'
        end as consent_state,
        ranked.recorded_on,
        ranked.expires_on

    from ranked
    cross join {{ ref('base_crm__as_of') }} as as_of
    where ranked.entry_rank = 1

)

select
    {{ row_key(['customer_key', 'purpose', 'channel']) }} as customer_consent_id,
    *,
    consent_state = 'granted' as is_granted
from states
