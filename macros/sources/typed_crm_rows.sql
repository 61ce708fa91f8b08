{#
  Every row of a raw table with every column of the contract, cast safely: one select statement.

  A column that the source lacks is a typed null. Texts are trimmed; blanks and the word NULL become null. Beside the
  columns:
    unreadable_required   first required column whose text could not be read as its type, else null
    unreadable_optional   optional columns set to null because they could not be read, comma separated, else null
    trimmed_columns       columns whose text had spaces around it, else null
    blanked_columns       columns whose text said nothing (spaces, NULL), else null
    raw_failures          "column=raw text" of what could not be read; personal data masked
    repairs               what was changed on the way in: "rule|column|raw text" per value, see repair_entries()

  Arguments:
    table    name in the raw contract
    columns  only these columns (for a quick look at a few); default all
#}
{% macro typed_crm_rows(table, columns=none) %}
    {%- set is_on = crm_table_is_on(table) -%}
    {%- set existing = existing_columns(table) if is_on else {} -%}
    {%- set texts, casts, others = [], [], [] -%}
    {%- for column in raw_contract(table)['columns'] if columns is none or column['name'] in columns -%}
        {%- set raw_type = existing.get(column['name'], 'VARCHAR' if not existing else none) -%}
        {%- if not is_on or raw_type is none -%}
            {%- do others.append((column['name'], 'cast(null as ' ~ contract_type(column['type']) ~ ')')) -%}
        {%- elif not is_text_type(raw_type) -%}
            {%- do others.append((column['name'], cast_native(adapter.quote(column['name']), raw_type, column['type']))) -%}
        {%- elif column['type'] == 'text' -%}
            {%- do texts.append(column) -%}
        {%- else -%}
            {%- do casts.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    select
    {%- for column in texts + casts %}
        {{ column['name'] }},
    {%- endfor %}
    {%- for name, expression in others %}
        {{ name }},
    {%- endfor %}
        unreadable_required,
        unreadable_optional,
        trimmed_columns,
        blanked_columns,
        raw_failures,
        {{ repair_entries(texts, casts) }} as repairs
    from (
    select
    {%- for column in texts %}
        clean_{{ column['name'] }} as {{ column['name'] }},
    {%- endfor %}
    {%- for column in casts %}
        {{ column['name'] }},
    {%- endfor %}
    {%- for name, expression in others %}
        {{ name }},
    {%- endfor %}
    {%- for column in texts + casts %}
        raw_{{ column['name'] }},
    {%- endfor %}
        {{ first_true(unread_conditions(casts | selectattr('required') | list)) }} as unreadable_required,
        {{ listed_true(unread_conditions(casts | rejectattr('required') | list)) }} as unreadable_optional,
        {{ listed_true(trimmed_conditions(texts)) }} as trimmed_columns,
        {{ listed_true(blanked_conditions(texts)) }} as blanked_columns,
        {{ failure_text(casts) }} as raw_failures
    from (
        select
            {%- for name, expression in others %}
            {{ name }},
            {%- endfor %}
            {%- for column in texts %}
            raw_{{ column['name'] }},
            clean_{{ column['name'] }},
            {%- endfor %}
            {%- for column in casts %}
            raw_{{ column['name'] }},
            clean_{{ column['name'] }},
            {{ cast_text('clean_' ~ column['name'], column['type']) }} as {{ column['name'] }},
            {%- endfor %}
            1 as is_read
        from (
            select
                {%- for name, expression in others %}
                {{ expression }} as {{ name }},
                {%- endfor %}
                {%- for column in texts + casts %}
                {{ adapter.quote(column['name']) if existing else column['name'] }} as raw_{{ column['name'] }},
                {{ clean_text(adapter.quote(column['name']) if existing else column['name']) }} as clean_{{ column['name'] }},
                {%- endfor %}
                1 as is_raw
            {% if is_on -%}
            from {{ crm_source(table) }}
            {%- else -%}
            from {{ one_row() }}
            where 1 = 0
            {%- endif %}
        ) as cleaned_texts
    ) as cast_texts
    ) as flagged_texts
{% endmacro %}


{#
  What was changed on the way in: "rule|column|raw text" per value, personal data masked, joined by a character that no
  text has. Only rows on which something was changed pay for it: the lists of columns were made one step before.
#}
{% macro repair_entries(texts, casts) %}
    {%- set entries = [] -%}
    {%- for column in texts -%}
        {%- set raw = repaired_value(column, 'raw_' ~ column['name']) -%}
        {%- set name = column['name'] -%}
        {%- do entries.append("case when raw_" ~ name ~ " <> " ~ name ~ " then 'trimmed_text|" ~ name ~ "|' || " ~ raw ~ " end") -%}
        {%- do entries.append("case when raw_" ~ name ~ " <> '' and " ~ name ~ " is null then 'blank_text|" ~ name ~ "|' || " ~ raw ~ " end") -%}
    {%- endfor -%}
    {%- for column in casts if not column['required'] -%}
        {%- set raw = repaired_value(column, 'raw_' ~ column['name']) -%}
        {%- set name = column['name'] -%}
        {%- do entries.append("case when " ~ name ~ " is null and (" ~ clean_text('raw_' ~ name) ~ ") is not null then 'unreadable_optional_value|" ~ name ~ "|' || " ~ raw ~ " end") -%}
    {%- endfor -%}
    {%- if not entries -%}cast(null as {{ dbt.type_string() }}){%- else -%}
        case
            when trimmed_columns is not null or blanked_columns is not null or unreadable_optional is not null
            then concat_ws({{ repair_separator() }}
            {%- for entry in entries -%}
                , {{ entry }}
            {%- endfor -%}
            )
        end
    {%- endif -%}
{% endmacro %}


{# A repaired value as it is shown: personal data masked, and without the character that separates entries. #}
{% macro repaired_value(column, text) %}
    {%- if column['pii'] -%}{{ return("'***'") }}{%- endif -%}
    {{ return("replace(" ~ text ~ ", " ~ repair_separator() ~ ", ' ')") }}
{% endmacro %}


{# The unit separator of ASCII, as SQL. #}
{% macro repair_separator() %}{{ return('chr(31)') }}{% endmacro %}


{# Pairs (column name, condition) that are true where a text could not be read as the contract's type. #}
{% macro unread_conditions(columns) %}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- do pairs.append((column['name'], 'clean_' ~ column['name'] ~ ' is not null and ' ~ column['name'] ~ ' is null')) -%}
    {%- endfor -%}
    {{ return(pairs) }}
{% endmacro %}


{# Pairs (column name, condition) for texts that had spaces around them. #}
{% macro trimmed_conditions(columns) %}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- do pairs.append((column['name'], 'raw_' ~ column['name'] ~ ' <> clean_' ~ column['name'])) -%}
    {%- endfor -%}
    {{ return(pairs) }}
{% endmacro %}


{# Pairs (column name, condition) for texts that said nothing. #}
{% macro blanked_conditions(columns) %}
    {%- set pairs = [] -%}
    {%- for column in columns -%}
        {%- do pairs.append((column['name'], 'clean_' ~ column['name'] ~ ' is null and raw_' ~ column['name'] ~ " <> ''")) -%}
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
        {%- set pairs = unread_conditions(columns) -%}
        {%- set pii = columns | selectattr('pii') | map(attribute='name') | list -%}
        case
            when {% for name, condition in pairs %}({{ condition }}){{ ' or ' if not loop.last }}{% endfor %}
            then concat_ws('; '
            {%- for name, condition in pairs -%}
                , case when {{ condition }} then {{ "'" ~ name ~ "=***'" if name in pii else "'" ~ name ~ "=' || raw_" ~ name }} end
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
    {#- a day of grace: the source's clock may run ahead of UTC #}
    when cast({{ contract['event'] }} as date) > {{ add_days('cast(' ~ landed_at(table) ~ ' as date)', 1) }} then 'future_date'
    {%- endif %}
    {%- endif %}
{% endmacro %}


{# When a row is known to have been in the source: synced_at, or its last change where the source has no synced_at. #}
{% macro landed_at(table) %}
    {%- set names = raw_contract(table)['columns'] | map(attribute='name') | list -%}
    {%- if 'updated_at' in names -%}coalesce(synced_at, updated_at){%- else -%}synced_at{%- endif -%}
{% endmacro %}
