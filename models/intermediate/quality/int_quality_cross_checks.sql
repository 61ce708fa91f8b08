{{ config(materialized='view') }}

-- What only a look at several rows shows: orders that differ from their lines, and people who are there twice.
-- A view: one model reads it.
with

counted as (

    select
        'orders' as table_name,
        'consistency' as dimension,
        {{ month_start('ordered_on') }} as month_start,
        count(*) as rows_failed,
        {{ sum_money('abs(header_total_reporting)') }} as failed_amount
    from {{ ref('dq_order_totals') }}
    group by {{ month_start('ordered_on') }}
    union all
    select
        'customers' as table_name,
        max(rules.dimension) as dimension,
        {{ month_start('customers.created_on') }} as month_start,
        count(*) as rows_failed,
        cast(null as {{ money_sum_type() }}) as failed_amount
    from {{ ref('int_customers__keys') }} as customer_keys
    inner join {{ ref('stg_crm__customers') }} as customers
        on customer_keys.customer_id = customers.customer_id
    inner join {{ ref('repair_rules') }} as rules
        on customer_keys.merge_rule = rules.rule_code
    where customer_keys.merge_rule = 'same_email_merged'
    group by {{ month_start('customers.created_on') }}

)

select
    {{ row_key(['table_name', 'dimension', "coalesce(cast(month_start as " ~ dbt.type_string() ~ "), 'no month')"]) }}
        as cross_check_id,
    *
from counted
