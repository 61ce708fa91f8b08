{{ config(materialized='view') }}

-- Every contact that the CRM logged: conversations by any channel, and support tickets.
with

contacts as (

    select
        'interaction|' || interaction_id as contact_id,
        customer_id,
        occurred_on as contact_on
    from {{ ref('stg_crm__interactions') }}
    union all
    select
        'ticket|' || ticket_id as contact_id,
        customer_id,
        opened_on as contact_on
    from {{ ref('stg_crm__support_tickets') }}

)

select
    contacts.contact_id,
    customer_keys.customer_key,
    contacts.contact_on
from contacts
inner join {{ ref('int_customers__keys') }} as customer_keys
    on contacts.customer_id = customer_keys.customer_id
