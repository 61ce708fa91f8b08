-- CRM ids that share a normalised e-mail, and what was decided about each. Everybody else has no row here.
with

emails as (

    select
        customer_id,
        lower(email) as normalised_email,
        created_at,
        {{ is_kept_apart('customer_id') }} as is_kept_apart

    from {{ ref('stg_crm__customers') }}
    where email is not null

),

shared_emails as (

    select
        normalised_email,
        count(*) as ids_with_email,
        {{ count_if('not is_kept_apart') }} as mergeable_ids

    from emails
    group by normalised_email
    having count(*) > 1

),

-- the oldest id stands for all of them
ranked as (

    select
        emails.customer_id,
        emails.is_kept_apart,
        shared_emails.ids_with_email,
        shared_emails.mergeable_ids,
        first_value(emails.customer_id) over (
            partition by emails.normalised_email, emails.is_kept_apart
            order by emails.created_at nulls last, emails.customer_id
        ) as oldest_customer_id

    from emails
    inner join shared_emails
        on emails.normalised_email = shared_emails.normalised_email

),

decided as (

    select
        customer_id,
        oldest_customer_id,
        ids_with_email,
        mergeable_ids,
        case
            when is_kept_apart or mergeable_ids < 2 then 'kept_apart'
            -- a household, a shop counter or a placeholder: merging it would invent a customer
            when ids_with_email > {{ count_variable('identity_max_ids_per_email', 1) }} then 'hub'
            when customer_id = oldest_customer_id then 'survivor'
            else 'merged'
        end as decision

    from ranked

)

select * from decided
