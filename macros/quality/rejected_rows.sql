{#
  The rejected rows of one table in the shape of dq_rejected_rows: key, reason, day, money, and the row's texts as one
  JSON object in which personal data is masked.

  Arguments: table, name in the raw contract.
#}
{% macro rejected_rows(table) %}
    {%- set contract = raw_contract(table) -%}
    {%- set names = contract['columns'] | map(attribute='name') | list -%}
    {%- set pairs = [] -%}
    {%- for column in contract['columns'] -%}
        {%- if column['pii'] -%}
            {%- do pairs.append((column['name'], 'case when ' ~ column['name'] ~ " is not null then '***' end")) -%}
        {%- else -%}
            {%- do pairs.append((column['name'], 'cast(' ~ column['name'] ~ ' as ' ~ dbt.type_string() ~ ')')) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do pairs.append(('could_not_read', 'raw_failures')) -%}
    {%- set amount, day = amount_of_row(table), day_of_row(table) %}
    select
        '{{ table }}' as table_name,
        coalesce({{ record_key(table) }}, '') as record_key,
        reject_reason as reason_code,
        {{ day or 'cast(null as date)' }} as event_on,
        cast({{ amount or 'null' }} as {{ money_type() }}) as amount,
        {{ 'currency' if 'currency' in names and amount else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as currency,
        {{ to_reporting(amount, 'rate_to_reporting') if amount else 'cast(null as ' ~ money_type() ~ ')' }} as amount_reporting,
        {{ json_object(pairs) }} as row_payload
    from {{ ref('base_crm__' ~ table) }}
    where row_status = 'rejected'
{%- endmacro %}
