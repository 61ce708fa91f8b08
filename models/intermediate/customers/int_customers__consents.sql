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
        row_number() over (
            partition by customer_keys.customer_key, lower(consents.purpose), lower(consents.channel)
            order by consents.recorded_at desc, consents.consent_id desc
        ) as entry_rank

    from {{ ref('stg_crm__consents') }} as consents
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on consents.customer_id = customer_keys.customer_id

),

ever_granted as (

    select
        customer_key,
        purpose,
        channel,
        {{ any_true('granted') }} as was_granted

    from entries
    group by
        customer_key,
        purpose,
        channel

),

states as (

    select
        entries.customer_key,
        entries.purpose,
        entries.channel,
        entries.source,
        case
            when not entries.granted and ever_granted.was_granted then 'withdrawn'
            when not entries.granted then 'never_granted'
            when entries.expires_on <= as_of.as_of_date then 'expired'
            else 'granted'
        end as consent_state,
        entries.recorded_on,
        entries.expires_on

    from entries
    inner join ever_granted
        on
            entries.customer_key = ever_granted.customer_key
            and entries.purpose = ever_granted.purpose
            and entries.channel = ever_granted.channel
    cross join {{ ref('base_crm__as_of') }} as as_of
    where entries.entry_rank = 1

)

select
    {{ row_key(['customer_key', 'purpose', 'channel']) }} as customer_consent_id,
    *,
    consent_state = 'granted' as is_granted
from states
