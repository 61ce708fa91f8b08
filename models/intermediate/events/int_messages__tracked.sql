{{ config(materialized='view') }}

-- What became of each message by the as-of date: an open behind it has not happened yet.
-- A view: one fact reads it.
with

messages as (

    select
        messages.message_id,
        customer_keys.customer_key,
        messages.campaign_id,
        lower(messages.channel) as channel,
        messages.sent_on,
        {%- for event in ['opened', 'clicked', 'bounced', 'unsubscribed'] %}
        coalesce({{ business_date('messages.' ~ event ~ '_at') }} <= as_of.as_of_date, false) as is_{{ event }},
        {%- endfor %}
        -- a text message or a letter cannot tell whether it was read
        coalesce(lower(messages.channel), 'email') not in ('sms', 'mms', 'post', 'letter', 'print', 'phone')
            as is_openable

    from {{ ref('stg_crm__messages') }} as messages
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on messages.customer_id = customer_keys.customer_id
    cross join {{ ref('base_crm__as_of') }} as as_of

)

select * from messages
