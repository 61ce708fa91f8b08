{#
  The columns of a base table: those of the contract, what the model adds, and what became of the row. Only these are
  written: helper columns of millions of rows cost more than computing them.

  Arguments:
    table  name in the raw contract
    added  columns that the model adds, such as the business day or the rate
#}
{% macro base_columns(table, added=[]) %}
    {%- set names = raw_contract(table)['columns'] | map(attribute='name') | list -%}
    {%- for name in names + added + ['unreadable_optional', 'trimmed_columns', 'blanked_columns', 'raw_failures'] %}
    {{ name }},
    {%- endfor %}
    version_rank,
    reject_reason,
    row_status
{%- endmacro %}

{# The key of a raw row as one text: its key columns joined by |. #}
{% macro record_key(table) %}
    {%- set key = raw_contract(table)['key'] -%}
    {{ return(key[0] if key | length == 1 else row_key(key)) }}
{% endmacro %}
