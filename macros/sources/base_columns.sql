{#
  The columns of a base table: those of the contract, what the model adds, and what became of the row. Only these are
  written: helper columns of millions of rows cost more than computing them.

  Arguments:
    table    name in the raw contract
    added    columns that the model adds, such as the business day or the rate
    cleared  {column: condition}: optional values that contradict the row; they become null and are listed
    masked   true where rows may be of an erased customer: their personal data become null
    forgotten  {column: condition}: references to an erased customer in rows that stay
#}
{% macro base_columns(table, added=[], cleared={}, masked=false, forgotten={}) %}
    {%- for column in raw_contract(table)['columns'] %}
    {%- set name = column['name'] %}
    {%- set condition = cleared[name] or forgotten[name] %}
    {%- if condition %}
    case when not coalesce({{ condition }}, false) then {{ name }} end as {{ name }},
    {%- elif masked and column['pii'] %}
    case when row_status <> 'erased' then {{ name }} end as {{ name }},
    {%- else %}
    {{ name }},
    {%- endif %}
    {%- endfor %}
    {%- for name in added + ['unreadable_optional', 'trimmed_columns', 'blanked_columns', 'raw_failures'] %}
    {{ name }},
    {%- endfor %}
    {{ listed_true(cleared.items() | list) }} as cleared_columns,
    {{ all_repairs(table, cleared) }} as repairs,
    version_rank,
    reject_reason,
    row_status
{%- endmacro %}

{# The key of a raw row as one text: its key columns joined by |. #}
{% macro record_key(table) %}
    {%- set key = raw_contract(table)['key'] -%}
    {{ return(key[0] if key | length == 1 else row_key(key)) }}
{% endmacro %}


{# What was changed when the row was read, and what was cleared because it contradicts the row. #}
{% macro all_repairs(table, cleared) %}
    {%- if not cleared -%}{{ return('repairs') }}{%- endif -%}
    case
        when {% for condition in cleared.values() %}({{ condition }}){{ ' or ' if not loop.last }}{% endfor %}
        then concat_ws({{ repair_separator() }}, repairs
        {%- for column in raw_contract(table)['columns'] if column['name'] in cleared -%}
            {%- set name = column['name'] -%}
            {%- set text = repaired_value(column, 'cast(' ~ name ~ ' as ' ~ dbt.type_string() ~ ')') -%}
            , case when {{ cleared[name] }} then 'contradicting_value|{{ name }}|' || {{ text }} end
        {%- endfor -%}
        )
        else repairs
    end
{%- endmacro %}
