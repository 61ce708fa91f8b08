-- How much each customer had to do with the business, by month. Months without activity have no row.
with

activity as (

    select
        customer_key,
        {{ month_start('event_on') }} as activity_month,
        {{ count_if("event_type = 'touch'") }} as touches,
        {{ count_if("event_type = 'message'") }} as messages_sent,
        {{ count_if("source_table = 'interactions'") }} as contacts,
        {%- for channel in ['email', 'phone', 'chat', 'social', 'web', 'meeting'] %}
        {{ count_if("source_table = 'interactions' and channel = '" ~ channel ~ "'") }} as {{ channel }}_contacts,
        {%- endfor %}
        {{ count_if("source_table = 'interactions' and direction = 'inbound'") }} as inbound_contacts,
        {{ count_if("source_table = 'interactions' and direction = 'outbound'") }} as outbound_contacts,
        {{ count_if("event_type = 'ticket'") }} as tickets_opened,
        {{ count_if("event_type = 'survey'") }} as survey_answers,
        {{ count_if("event_type = 'order'") }} as orders

    from {{ ref('fct_customer_timeline') }}
    where
        event_type in ('touch', 'message', 'ticket', 'survey', 'order')
        or source_table = 'interactions'
    group by
        customer_key,
        {{ month_start('event_on') }}

),

-- in the month in which the message was sent, so that opens never outnumber the messages that they belong to
messages as (

    select
        customer_key,
        {{ month_start('sent_on') }} as activity_month,
        {{ count_if('not is_bounced') }} as messages_delivered,
        {{ count_if('is_openable and not is_bounced') }} as messages_openable,
        {{ count_if('is_openable and not is_bounced and is_opened') }} as messages_opened,
        {{ count_if('not is_bounced and is_clicked') }} as messages_clicked,
        {{ count_if('is_unsubscribed') }} as messages_unsubscribed

    from {{ ref('int_messages__tracked') }}
    group by
        customer_key,
        {{ month_start('sent_on') }}

)

select
    ---------- ids
    {{ row_key(['activity.customer_key', 'activity.activity_month']) }} as customer_month_id,
    activity.customer_key,

    ---------- numbers
    cast(activity.orders as integer) as orders,
    cast(activity.touches as integer) as touches,
    cast(activity.messages_sent as integer) as messages_sent,
    {%- for outcome in ['delivered', 'openable', 'opened', 'clicked', 'unsubscribed'] %}
    cast(coalesce(messages.messages_{{ outcome }}, 0) as integer) as messages_{{ outcome }},
    {%- endfor %}
    cast(activity.contacts as integer) as contacts,
    {%- for kind in ['email', 'phone', 'chat', 'social', 'web', 'meeting', 'inbound', 'outbound'] %}
    cast(activity.{{ kind }}_contacts as integer) as {{ kind }}_contacts,
    {%- endfor %}
    cast(activity.tickets_opened as integer) as tickets_opened,
    cast(activity.survey_answers as integer) as survey_answers,
    {{ divide('messages.messages_opened', 'messages.messages_openable') }} as open_rate,
    {{ divide('messages.messages_clicked', 'messages.messages_delivered') }} as click_rate,

    ---------- dates
    activity.activity_month
from activity
left join messages
    on
        activity.customer_key = messages.customer_key
        and activity.activity_month = messages.activity_month
