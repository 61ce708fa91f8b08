-- As many rows as planted are erased in each table, and no customer of a request is left anywhere.
{{ config(enabled=demo_is_as_planted()) }}
with

planted as (

    select
        table_name,
        sum(row_count) as erased_rows
    from {{ ref('demo_planted_defects') }}
    where treatment = 'erased'
    group by table_name

),

requests as (

    select customer_id from {{ ref('stg_crm__erasure_requests') }}

)

select
    reconciled.table_name,
    planted.erased_rows as planted_rows,
    reconciled.erased_rows as found_rows
from {{ ref('dq_row_reconciliation') }} as reconciled
left join planted
    on reconciled.table_name = planted.table_name
where coalesce(planted.erased_rows, 0) <> reconciled.erased_rows
union all
select
    'dim_customers' as table_name,
    0 as planted_rows,
    count(*) as found_rows
from {{ ref('dim_customers') }} as customers
inner join requests
    on customers.customer_key = requests.customer_id
having count(*) > 0
union all
select
    'stg_crm__orders' as table_name,
    0 as planted_rows,
    count(*) as found_rows
from {{ ref('stg_crm__orders') }} as orders
inner join requests
    on orders.customer_id = requests.customer_id
having count(*) > 0
