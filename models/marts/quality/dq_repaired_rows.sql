-- Every value of an accepted row that was changed on the way in: by which rule, what it was, and what it became.
with

-- a row has at most one entry per column and rule
entries as (

    select
        repaired.table_name,
        repaired.record_key,
        {{ dbt.split_part('repaired.repairs', repair_separator(), 'numbers.n + 1') }} as entry

    from {{ ref('int_repaired_rows') }} as repaired
    cross join {{ numbers(63) }} as numbers

),

parted as (

    select
        table_name,
        record_key,
        {{ dbt.split_part('entry', "'|'", 1) }} as rule_code,
        {{ dbt.split_part('entry', "'|'", 2) }} as column_name,
        entry

    from entries
    where entry <> ''

),

valued as (

    select
        table_name,
        record_key,
        rule_code,
        column_name,
        substr(entry, length(rule_code) + length(column_name) + 3) as value_before
    from parted

),

repaired as (

    select
        table_name,
        record_key,
        rule_code,
        column_name,
        value_before,
        -- all other repairs leave nothing
        case when rule_code = 'trimmed_text' then {{ trim_text('value_before') }} end as value_after
    from valued
    union all
    select
        'customers' as table_name,
        customer_id as record_key,
        merge_rule as rule_code,
        'customer_id' as column_name,
        customer_id as value_before,
        customer_key as value_after
    from {{ ref('int_customers__keys') }}
    where merge_rule is not null

)

select
    {{ row_key(['table_name', 'record_key', 'rule_code', 'column_name']) }} as repaired_value_id,
    table_name,
    record_key,
    rule_code,
    column_name,
    value_before,
    value_after
from repaired
