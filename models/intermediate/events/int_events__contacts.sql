{{ config(materialized='view') }}

-- How customers and business met: touches, messages, contacts, tickets and answers to surveys.
-- A touch of a visitor who is no known customer belongs to nobody's timeline.
-- A view: one fact reads it.
with

contacts as (

    {{ customer_events(
        ref('stg_crm__touchpoints'), "'touch'", 'touchpoints', 'touchpoint_id', 'touched_on', 'touched_at',
        channel='events.channel', direction="'inbound'"
    ) }}

    union all

    {{ customer_events(
        ref('stg_crm__messages'), "'message'", 'messages', 'message_id', 'sent_on', 'sent_at',
        channel='events.channel', direction="'outbound'"
    ) }}

    union all

    {{ customer_events(
        ref('stg_crm__interactions'), 'events.channel', 'interactions', 'interaction_id', 'occurred_on', 'occurred_at',
        channel='events.channel', direction=contact_direction('events.direction')
    ) }}

    union all

    {{ customer_events(
        ref('stg_crm__support_tickets'), "'ticket'", 'support_tickets', 'ticket_id', 'opened_on', 'opened_at',
        channel='events.channel', direction="'inbound'"
    ) }}

    union all

    {{ customer_events(
        ref('stg_crm__survey_responses'), "'survey'", 'survey_responses', 'response_id', 'responded_on', 'responded_at',
        direction="'inbound'"
    ) }}

)

{{ keyed_events('contacts') }}
