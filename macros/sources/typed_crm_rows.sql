{#
  Every row of a raw table with every column of the contract, cast safely: one select statement.

  A column that the source lacks is a typed null. Texts are trimmed; blanks and the word NULL become null. Beside the
  columns:
    unreadable_required   first required column whose text could not be read as its type, else null
    unreadable_optional   optional columns set to null because they could not be read, comma separated, else null
    trimmed_columns       columns whose text had spaces around it, else null
    blanked_columns       columns whose text said nothing (spaces, NULL), else null
    raw_failures          "column=raw text" of what could not be read; personal data masked

  Arguments:
    table    name in the raw contract
    columns  only these columns (for a quick look at a few); default all
#}
{% macro typed_crm_rows(table, columns=none) %}
    {%- set contract = raw_contract(table) -%}
    {%- set wanted = [] -%}
    {%- for column in contract['columns'] if columns is none or column['name'] in columns -%}
        {%- do wanted.append(column) -%}
    {%- endfor -%}
    {%- set is_on = crm_table_is_on(table) -%}
    {%- set existing = existing_columns(table) if is_on else {} -%}
    {%- set texts = [] -%}
    {%- set casts = [] -%}
    select
    {%- for column in wanted %}
        {%- set raw = adapter.quote(column['name']) if existing else column['name'] -%}
        {%- set raw_type = existing.get(column['name'], 'VARCHAR' if not existing else none) -%}
        {%- set sql_type = contract_type(column['type']) %}
        {% if not is_on or raw_type is none -%}
            cast(null as {{ sql_type }})
        {%- elif is_text_type(raw_type) and column['type'] == 'text' -%}
            {%- do texts.append(column) -%}
            {{ clean_text(raw) }}
        {%- elif is_text_type(raw_type) -%}
            {%- do casts.append(column) -%}
            {{ cast_text(clean_text(raw), column['type']) }}
        {%- else -%}
            {{ cast_native(raw, raw_type, column['type']) }}
        {%- endif %} as {{ column['name'] }},
    {%- endfor %}
        {{ first_true(unread_conditions(casts, required=true)) }} as unreadable_required,
        {{ listed_true(unread_conditions(casts, required=false)) }} as unreadable_optional,
        {{ listed_true(text_conditions(texts, 'trimmed')) }} as trimmed_columns,
        {{ listed_true(text_conditions(texts, 'blanked')) }} as blanked_columns,
        {{ failure_text(casts) }} as raw_failures
    {% if is_on -%}
    from {{ crm_source(table) }}
    {%- else -%}
    from {{ one_row() }}
    where 1 = 0
    {%- endif %}
{% endmacro %}


{# Pairs (column name, condition) that are true where a text could not be read as the contract's type. #}
{% macro unread_conditions(columns, required) %}
    {%- set pairs = [] -%}
    {%- for column in columns if column['required'] == required -%}
        {%- set clean = clean_text(adapter.quote(column['name'])) -%}
        {%- do pairs.append((
            column['name'],
            clean ~ ' is not null and ' ~ cast_text(clean, column['type']) ~ ' is null'
        )) -%}
    {%- endfor -%}
    {{ return(pairs) }}
{% endmacro %}


{# Pairs (column name, condition) for texts that were trimmed, or that said nothing. #}
{% macro text_conditions(columns, kind) %}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- set raw = adapter.quote(column['name']) -%}
        {%- if kind == 'trimmed' -%}
            {%- do pairs.append((column['name'], raw ~ ' <> ' ~ trim_text(raw) ~ ' and ' ~ clean_text(raw) ~ ' is not null')) -%}
        {%- else -%}
            {%- do pairs.append((column['name'], raw ~ " <> '' and " ~ clean_text(raw) ~ ' is null')) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(pairs) }}
{% endmacro %}


{# The name of the first condition that holds, else null. #}
{% macro first_true(pairs) %}
    {%- if not pairs -%}cast(null as {{ dbt.type_string() }}){%- else -%}
        case
        {%- for name, condition in pairs %}
            when {{ condition }} then '{{ name }}'
        {%- endfor %}
        end
    {%- endif -%}
{% endmacro %}


{# All names whose condition holds, comma separated, else null; the list is only built on rows where one does. #}
{% macro listed_true(pairs) %}
    {%- if not pairs -%}cast(null as {{ dbt.type_string() }}){%- else -%}
        case
            when {% for name, condition in pairs %}({{ condition }}){{ ' or ' if not loop.last }}{% endfor %}
            then concat_ws(', '
            {%- for name, condition in pairs -%}
                , case when {{ condition }} then '{{ name }}' end
            {%- endfor -%}
            )
        end
    {%- endif -%}
{% endmacro %}


{# What the source said where it could not be read, for the rejected row's payload. #}
{% macro failure_text(columns) %}
    {%- if not columns -%}cast(null as {{ dbt.type_string() }}){%- else -%}
        {%- set pairs = unread_conditions(columns, required=true) + unread_conditions(columns, required=false) -%}
        {%- set pii = columns | selectattr('pii') | map(attribute='name') | list -%}
        case
            when {% for name, condition in pairs %}({{ condition }}){{ ' or ' if not loop.last }}{% endfor %}
            then concat_ws('; '
            {%- for name, condition in pairs -%}
                , case when {{ condition }} then {{ "'" ~ name ~ "=***'" if name in pii else dbt.concat(["'" ~ name ~ "='", adapter.quote(name)]) }} end
            {%- endfor -%}
            )
        end
    {%- endif -%}
{% endmacro %}


{#
  The reasons for rejection that hold for every table, as `when … then 'code'` branches in the catalogue's order; the
  first that applies is kept. A table adds its own behind them.
#}
{% macro contract_reasons(table) %}
    {%- set contract = raw_contract(table) -%}
    when {% for key in contract['key'] %}({{ key }} is null and coalesce(unreadable_required, '') <> '{{ key }}'){{ ' or ' if not loop.last }}{% endfor %}
        then 'missing_key'
    when unreadable_required is not null then 'bad_value'
    {%- set required = contract['columns'] | selectattr('required') | map(attribute='name') | reject('in', contract['key']) | list -%}
    {%- if required %}
    when {% for name in required %}{{ name }} is null{{ ' or ' if not loop.last }}{% endfor %} then 'missing_value'
    {%- endif %}
    {%- for column in contract['columns'] if column['accepted'] %}
    when {{ column['name'] }} not in ('{{ column['accepted'] | join("', '") }}') then 'unknown_value'
    {%- endfor %}
    {%- if contract['event'] %}
    when cast({{ contract['event'] }} as date) < cast('{{ earliest_plausible_date() }}' as date) then 'implausible_date'
    {%- if contract['columns'] | selectattr('name', 'equalto', 'synced_at') | list %}
    {#- a day of grace: the source's clock may run ahead of UTC -#}
    {#- a table that does not say when it landed is held against its last change instead #}
    when cast({{ contract['event'] }} as date) > {{ add_days('cast(' ~ landed_at(table) ~ ' as date)', 1) }} then 'future_date'
    {%- endif %}
    {%- endif %}
{% endmacro %}


{# When a row is known to have been in the source: synced_at, or its last change where the source has no synced_at. #}
{% macro landed_at(table) %}
    {%- set names = raw_contract(table)['columns'] | map(attribute='name') | list -%}
    {%- if 'updated_at' in names -%}coalesce(synced_at, updated_at){%- else -%}synced_at{%- endif -%}
{% endmacro %}
