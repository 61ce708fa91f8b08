-- Which rule joined which CRM ids, and which ids share an address and were not joined.
with

links as (

    select * from {{ ref('int_customer_id_links') }}

),

customer_keys as (

    select * from {{ ref('int_customers__keys') }}

)

select
    ---------- ids
    links.customer_id,
    customer_keys.customer_key,

    ---------- texts
    'same_email' as link_rule,
    links.decision,

    ---------- numbers
    cast(links.ids_with_email as integer) as ids_with_email
from links
inner join customer_keys
    on links.customer_id = customer_keys.customer_id
