{# Number of rows of which a condition is true. #}
{% macro rows_where(condition) %}{{ return('count(case when ' ~ condition ~ ' then 1 end)') }}{% endmacro %}


{# Values as a list of literals: texts in quotes, numbers as they are. #}
{% macro literals(values) %}
    {%- set written = [] -%}
    {%- for value in values -%}
        {%- do written.append(dbt.string_literal(dbt.escape_single_quotes(value)) if value is string else value | string) -%}
    {%- endfor -%}
    {{ return(written | join(', ')) }}
{% endmacro %}


{#
  Says after a run which rules of a test `every_row` were broken, and by how many rows: dbt itself only names the test.
  For `on-run-end`.

  Arguments:
    results  what dbt gives to on-run-end
#}
{% macro name_broken_rules(results) %}
    {%- for result in results if execute and result.status in ('fail', 'warn') -%}
        {%- if result.node.test_metadata and result.node.test_metadata.name == 'every_row' -%}
            {%- for rule, broken_rows in run_query(result.node.compiled_code).rows -%}
                {%- do log('crm_cltv: ' ~ result.node.name ~ ': not so in ' ~ broken_rows ~ ' rows: ' ~ rule, info=true) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
