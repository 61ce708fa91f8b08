-- Which customer each CRM id belongs to. The same normalised e-mail is the same customer; anything fuzzier is not
-- guessed.
with

customers as (

    select
        customer_id,
        lower(email) as normalised_email,
        created_at
    from {{ ref('stg_crm__customers') }}

),

-- an address shared by many ids is a household, a shop counter or a placeholder: merging it would invent a customer
shared_emails as (

    select
        normalised_email,
        count(*) as customer_ids
    from customers
    where normalised_email is not null
    group by normalised_email
    having count(*) between 2 and {{ count_variable('identity_max_ids_per_email', 1) }}

),

-- the oldest id stands for all of them
ranked as (

    select
        customers.customer_id,
        customers.normalised_email,
        shared_emails.customer_ids,
        row_number() over (
            partition by customers.normalised_email
            order by customers.created_at nulls last, customers.customer_id
        ) as age_rank

    from customers
    inner join shared_emails
        on customers.normalised_email = shared_emails.normalised_email

),

merged as (

    select
        ranked.customer_id,
        oldest.customer_id as customer_key,
        ranked.customer_ids

    from ranked
    inner join ranked as oldest
        on
            ranked.normalised_email = oldest.normalised_email
            and oldest.age_rank = 1

),

keyed as (

    select
        customers.customer_id,
        coalesce(merged.customer_key, customers.customer_id) as customer_key,
        coalesce(merged.customer_ids, 1) as customer_ids,
        case when merged.customer_id <> merged.customer_key then 'same_email_merged' end as merge_rule

    from customers
    left join merged
        on customers.customer_id = merged.customer_id

)

select * from keyed
