{{ config(materialized='view') }}

-- One row per customer: the record of the only id, or of several ids what survives of each field.
-- A view: personal data are not copied once more.
{%- set rules = survivorship_rules() %}
with

customers as (

    select
        customers.*,
        customer_keys.customer_key,
        customer_keys.customer_ids

    from {{ ref('stg_crm__customers') }} as customers
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on customers.customer_id = customer_keys.customer_id

),

single as (

    select
        customer_key,
        customer_ids,
        {%- for field in rules %}
        {{ field }},
        {%- endfor %}
        created_on,
        deleted_at

    from customers
    where customer_ids = 1

),

merged as (

    select
        customer_key,
        max(customer_ids) as customer_ids,
        {%- for field, rule in rules.items() %}
        {{ surviving_value(field, rule) }} as {{ field }},
        {%- endfor %}
        min(created_on) as created_on,
        -- whoever lives on under one id was not deleted
        case when count(deleted_at) = count(*) then max(deleted_at) end as deleted_at

    from customers
    where customer_ids > 1
    group by customer_key

)

select * from single
union all
select * from merged
