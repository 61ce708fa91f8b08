-- The state of every consent is the one that the demo's log was written to lead to. Customers whose ids were merged
-- have one will for all of them, so they are left out.
{{ config(enabled=demo_is_as_planted()) }}
with

truth as (

    select
        consents.customer_id || '|' || consents.purpose || '|' || consents.channel as customer_consent_id,
        consents.state
    from {{ ref('demo_truth_consents') }} as consents
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on consents.customer_id = customer_keys.customer_id
    where customer_keys.customer_ids = 1

)

select
    truth.customer_consent_id,
    truth.state,
    consents.consent_state
from truth
left join {{ ref('int_customers__consents') }} as consents
    on truth.customer_consent_id = consents.customer_consent_id
where coalesce(consents.consent_state, 'none') <> truth.state
