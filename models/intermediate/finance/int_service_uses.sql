{{ config(materialized='view') }}

-- What customers used of the business's service, in units that a rate puts a price on: one row per event and driver.
-- A view: one model reads it.
with

tickets as (

    select
        ticket_id as source_key,
        customer_key,
        opened_on as used_on,
        channel,
        handling_minutes
    from {{ ref('fct_support_tickets') }}

),

-- a contact about a ticket is part of the ticket's cost; about one that nobody knows, it stands for itself
contacts as (

    select
        interactions.interaction_id as source_key,
        customer_keys.customer_key,
        interactions.occurred_on as used_on,
        lower(interactions.channel) as channel,
        {{ divide('interactions.duration_seconds', 60) }} as contact_minutes

    from {{ ref('stg_crm__interactions') }} as interactions
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on interactions.customer_id = customer_keys.customer_id
    left join {{ ref('fct_support_tickets') }} as known_tickets
        on interactions.ticket_id = known_tickets.ticket_id
    where known_tickets.ticket_id is null

),

messages as (

    select
        messages.message_id as source_key,
        customer_keys.customer_key,
        messages.sent_on as used_on,
        lower(messages.channel) as channel,
        messages.unit_cost * messages.rate_to_reporting as own_cost

    from {{ ref('stg_crm__messages') }} as messages
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on messages.customer_id = customer_keys.customer_id

),

redeemed_points as (

    select
        movements.movement_id as source_key,
        customer_keys.customer_key,
        movements.moved_on as used_on,
        movements.points,
        movements.value_amount * movements.rate_to_reporting as own_cost

    from {{ ref('stg_crm__loyalty_movements') }} as movements
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on movements.customer_id = customer_keys.customer_id
    where movements.movement_type = 'redeem'

),

sent_back as (

    select
        refund_id as source_key,
        customer_key,
        refunded_on as used_on,
        refund_type as cost_driver
    from {{ ref('fct_refunds') }}
    where refund_type in ('return', 'chargeback')

),

uses as (

    {{ service_use('tickets', "'ticket'", channel='channel') }}
    union all
    {{ service_use('tickets', "'ticket_minute'", channel='channel', quantity='handling_minutes') }}
    union all
    {{ service_use('contacts', "'contact'", channel='channel') }}
    union all
    {{ service_use('contacts', "'contact_minute'", channel='channel', quantity='contact_minutes') }}
    union all
    {{ service_use('messages', "'message'", channel='channel', own_cost='own_cost') }}
    union all
    {{ service_use('sent_back', 'cost_driver') }}
    union all
    {{ service_use('redeemed_points', "'loyalty_point'", quantity='abs(points)', own_cost='own_cost') }}

)

select
    {{ row_key(['cost_driver', 'source_key']) }} as service_use_id,
    customer_key,
    used_on,
    cost_driver,
    channel,
    quantity,
    own_cost
from uses
