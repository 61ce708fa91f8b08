{# The value of one column in the row where another is smallest. #}
{% macro value_at_first(value, ordering) %}{{ return('min_by(' ~ value ~ ', ' ~ ordering ~ ')') }}{% endmacro %}

{# The value in the row where the ordering is largest; rows without one do not count. #}
{% macro value_at_last(value, ordering) %}{{ return('max_by(' ~ value ~ ', ' ~ ordering ~ ')') }}{% endmacro %}

{#
  The value of one column in the first or last row of a group, where rows that agree in the first of several orderings
  are told apart by the next. The value must not be null.
#}
{% macro value_of_first(value, orderings) %}{{ return(adapter.dispatch('value_of_edge', 'crm_cltv')('min_by', value, orderings)) }}{% endmacro %}
{% macro value_of_last(value, orderings) %}{{ return(adapter.dispatch('value_of_edge', 'crm_cltv')('max_by', value, orderings)) }}{% endmacro %}
{% macro duckdb__value_of_edge(function, value, orderings) %}{{ return(function ~ '(' ~ value ~ ', row(' ~ orderings | join(', ') ~ '))') }}{% endmacro %}
{% macro spark__value_of_edge(function, value, orderings) %}{{ return(function ~ '(' ~ value ~ ', struct(' ~ orderings | join(', ') ~ '))') }}{% endmacro %}

{# Median of a group. #}
{% macro median(expression) %}{{ return('percentile_cont(0.5) within group (order by ' ~ expression ~ ')') }}{% endmacro %}

{# One JSON object per row. Argument: list of (name, SQL expression). #}
{% macro json_object(pairs) %}{{ return(adapter.dispatch('json_object', 'crm_cltv')(pairs)) }}{% endmacro %}
{% macro duckdb__json_object(pairs) %}
    {%- set parts = [] -%}
    {%- for name, expression in pairs -%}{%- do parts.append("'" ~ name ~ "', " ~ expression) -%}{%- endfor -%}
    {{ return('cast(json_object(' ~ parts | join(', ') ~ ') as varchar)') }}
{% endmacro %}
{% macro spark__json_object(pairs) %}
    {%- set parts = [] -%}
    {%- for name, expression in pairs -%}{%- do parts.append("'" ~ name ~ "', " ~ expression) -%}{%- endfor -%}
    {{ return('to_json(named_struct(' ~ parts | join(', ') ~ '))') }}
{% endmacro %}

{# The texts of a group in one, in alphabetical order, with commas between them. #}
{% macro joined_texts(expression) %}{{ return(adapter.dispatch('joined_texts', 'crm_cltv')(expression)) }}{% endmacro %}
{% macro duckdb__joined_texts(expression) %}{{ return("string_agg(" ~ expression ~ ", ', ' order by " ~ expression ~ ")") }}{% endmacro %}
{% macro spark__joined_texts(expression) %}{{ return("array_join(array_sort(collect_list(" ~ expression ~ ")), ', ')") }}{% endmacro %}
