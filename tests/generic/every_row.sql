{#
  Rules that every row of a model keeps, in one pass: dbt spends far longer on a test than the database does. A row of
  the result is a rule that is broken, and in how many rows; after a run that failed, name_broken_rules prints them.

  Arguments:
    keys             columns that are never null and unique, each by itself
    never_null       columns that are never null
    at_least         column → smallest value; null passes
    at_most          column → largest value; null passes
    accepted_values  column → list of values; null passes
    holds            conditions that are true of every row; unknown (null) counts as broken
#}
{% test every_row(model, keys=[], never_null=[], at_least={}, at_most={}, accepted_values={}, holds=[]) %}
{%- set rules = [] -%}
{%- for column in keys -%}
    {%- do rules.append([column ~ ' is unique', 'count(' ~ column ~ ') - count(distinct ' ~ column ~ ')']) -%}
{%- endfor -%}
{%- for column in keys + never_null -%}
    {%- do rules.append([column ~ ' is never null', rows_where(column ~ ' is null')]) -%}
{%- endfor -%}
{%- for column, value in at_least.items() -%}
    {%- do rules.append([column ~ ' is at least ' ~ value, rows_where(column ~ ' < ' ~ value)]) -%}
{%- endfor -%}
{%- for column, value in at_most.items() -%}
    {%- do rules.append([column ~ ' is at most ' ~ value, rows_where(column ~ ' > ' ~ value)]) -%}
{%- endfor -%}
{%- for column, values in accepted_values.items() -%}
    {%- do rules.append([column ~ ' is one of ' ~ values | join(', '), rows_where(column ~ ' not in (' ~ literals(values) ~ ')')]) -%}
{%- endfor -%}
{%- for condition in holds -%}
    {%- do rules.append([condition, 'count(*) - ' ~ rows_where(condition)]) -%}
{%- endfor -%}
with

counted as (

    select
    {%- for rule, broken_rows in rules %}
        {{ broken_rows }} as rule_{{ loop.index }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ model }}

)
{% for rule, broken_rows in rules %}
select
    {{ dbt.string_literal(dbt.escape_single_quotes(rule)) }} as rule,
    rule_{{ loop.index }} as broken_rows
from counted
where rule_{{ loop.index }} > 0
{% if not loop.last %}union all{% endif %}
{%- endfor %}
{% endtest %}


{# Every row has a key, and no two rows the same. #}
{% test primary_key(model, column_name) %}
select
    {{ column_name }},
    count(*) as row_count
from {{ model }}
group by {{ column_name }}
having count(*) > 1 or {{ column_name }} is null
{% endtest %}


{# Every row belongs to a row of another model: the column is never null, and its value is there. #}
{% test belongs_to(model, column_name, to, field) %}
select {{ column_name }}
from {{ model }}
where
    {{ column_name }} is null
    or {{ column_name }} not in (select {{ field }} from {{ to }} where {{ field }} is not null)
{% endtest %}
