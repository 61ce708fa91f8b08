{{ config(materialized='view') }}

-- What changed between customer and business: points, permissions and contracts.
-- A view: one fact reads it.
with

agreements as (

    {{ customer_events(
        ref('stg_crm__loyalty_movements'), "'loyalty'", 'loyalty_movements', 'movement_id', 'moved_on', 'moved_at'
    ) }}

    union all

    {{ customer_events(
        ref('stg_crm__consents'), "'consent'", 'consents', 'consent_id', 'recorded_on', 'recorded_at',
        channel='events.channel', direction="'inbound'"
    ) }}

    union all

    {{ customer_events(
        ref('int_subscriptions__known'), "'subscription_start'", 'subscriptions', 'subscription_id', 'started_on'
    ) }}

    union all

    -- an end behind the as-of date is not known there
    {{ customer_events(
        ref('int_subscriptions__known'), "'subscription_end'", 'subscriptions', 'subscription_id', 'ended_on',
        condition='events.ended_on is not null'
    ) }}

)

{{ keyed_events('agreements') }}
