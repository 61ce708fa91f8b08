{{ config(materialized='view') }}

-- Each ticket as it was on the as-of date: what happened later had not happened.
-- A view: one fact reads it.
with

as_of as (

    select as_of_date from {{ ref('base_crm__as_of') }}

),

-- what was known on the as-of date
known as (

    select
        tickets.*,
        customer_keys.customer_key,
        {%- for event in ['first_response', 'resolved', 'reopened'] %}
        case when {{ business_date('tickets.' ~ event ~ '_at') }} <= as_of.as_of_date then tickets.{{ event }}_at end
            as known_{{ event }}_at,
        {%- endfor %}
        -- a row that was changed later shows how things stood then
        coalesce({{ business_date('tickets.updated_at') }} <= as_of.as_of_date, true) as is_row_known

    from {{ ref('stg_crm__support_tickets') }} as tickets
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on tickets.customer_id = customer_keys.customer_id
    cross join as_of

),

with_status as (

    select
        *,
        case
            -- resolved, and reopened since
            when known_reopened_at > known_resolved_at then 'reopened'
            when known_resolved_at is not null then 'resolved'
            -- the CRM says resolved without saying when
            when resolved_at is null and is_row_known and lower(status) in ('resolved', 'solved', 'closed')
                then 'resolved'
            when known_reopened_at is not null then 'reopened'
            when known_first_response_at is not null then 'pending'
            else 'open'
        end as ticket_status

    from known

),

-- several answers about one ticket: the last one holds
answers as (

    select
        ticket_id,
        score,
        score_scale,
        row_number() over (partition by ticket_id order by responded_at desc, response_id desc) as answer_rank

    from {{ ref('stg_crm__survey_responses') }}
    where
        ticket_id is not null
        and lower(survey_type) = 'csat'

),

measured as (

    select
        tickets.ticket_id,
        tickets.customer_key,
        tickets.order_id,
        tickets.product_id,
        lower(tickets.channel) as channel,
        tickets.category,
        tickets.reason,
        lower(tickets.priority) as priority,
        tickets.ticket_status,
        {{ hours_between('tickets.opened_at', 'tickets.known_first_response_at') }} as first_response_hours,
        case
            when tickets.ticket_status = 'resolved'
                then {{ hours_between('tickets.opened_at', 'tickets.known_resolved_at') }}
        end as resolution_hours,
        -- minutes that were worked later cannot be told apart, so they wait until all is known
        case when tickets.is_row_known or tickets.ticket_status = 'resolved' then tickets.handling_minutes end
            as handling_minutes,
        answers.score as csat_score,
        answers.score_scale as csat_scale,
        tickets.known_reopened_at is not null as is_reopened,
        tickets.opened_on,
        tickets.opened_at,
        tickets.known_first_response_at as first_response_at,
        case when tickets.ticket_status = 'resolved' then tickets.known_resolved_at end as resolved_at

    from with_status as tickets
    left join answers
        on
            tickets.ticket_id = answers.ticket_id
            and answers.answer_rank = 1

)

select * from measured
