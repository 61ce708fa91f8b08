-- Every accepted row that was changed on the way in, and by which rule.
with

repaired as (

    {% for table in built_tables() -%}
    {%- for rule, column in {
        'trimmed_text': 'trimmed_columns',
        'blank_text': 'blanked_columns',
        'unreadable_optional_value': 'unreadable_optional',
        'contradicting_value': 'cleared_columns',
    }.items() %}
    select
        '{{ table }}' as table_name,
        {{ record_key(table) }} as record_key,
        '{{ rule }}' as rule_code,
        {{ column }} as repaired_columns
    from {{ ref('base_crm__' ~ table) }}
    where
        {{ column }} is not null
        and row_status = 'accepted'
    union all
    {%- endfor %}
    {% endfor %}
    select
        'customers' as table_name,
        customer_id as record_key,
        merge_rule as rule_code,
        'customer_id' as repaired_columns
    from {{ ref('int_customers__keys') }}
    where merge_rule is not null

)

select
    {{ row_key(['table_name', 'record_key', 'rule_code']) }} as repaired_row_id,
    table_name,
    record_key,
    rule_code,
    repaired_columns
from repaired
