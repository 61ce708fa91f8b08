-- Which customer each CRM id belongs to. The same normalised e-mail is the same customer; anything fuzzier is not
-- guessed.
with

customers as (

    select customer_id
    from {{ ref('stg_crm__customers') }}

),

links as (

    select * from {{ ref('int_customer_id_links') }}
    where decision in ('survivor', 'merged')

),

keyed as (

    select
        customers.customer_id,
        coalesce(links.oldest_customer_id, customers.customer_id) as customer_key,
        coalesce(links.mergeable_ids, 1) as customer_ids,
        case when links.decision = 'merged' then 'same_email_merged' end as merge_rule

    from customers
    left join links
        on customers.customer_id = links.customer_id

)

select * from keyed
