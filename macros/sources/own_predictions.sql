{# The name of the user's own model of predictions, or empty. #}
{% macro own_prediction_model() %}
    {%- if var('own_prediction_model') is none or not var('own_prediction_model') | string | trim -%}{{ return('') }}{%- endif -%}
    {%- set name = checked_variable('own_prediction_model', '[a-z_][a-z0-9_]{0,60}', 'the name of a dbt model (small letters, digits, underscores), or empty') -%}
    {#- in the back-test it stands beside these -#}
    {%- set taken = [
        'run_rate', 'last_12_months', 'segment_mean', 'hiatus_rule', 'simple_lifespan', 'retention_adjusted', 'recency',
        'bg_nbd', 'mbg_nbd', 'pareto_nbd', 'mbg_cnbd_k', 'ensemble', 'ensemble_by_group', 'boosted',
    ] -%}
    {%- if name in taken -%}
        {{ stop("variable own_prediction_model names '" ~ name ~ "', which the back-test calls one of its own; give your model another name") }}
    {%- endif -%}
    {{ return(name) }}
{% endmacro %}

{# Its columns: what a model of the user must return to stand beside the project's own. #}
{% macro own_prediction_columns() %}
    {{ return({'origin_id': dbt.type_string(), 'customer_key': dbt.type_string(), 'expected_net_revenue': double_type()}) }}
{% endmacro %}

{#
  The user's predictions with the right types; no rows where there is no model of the user. What is no finite number, or
  no money either, is no prediction: null.
#}
{% macro own_predictions(relation) %}
    {%- set columns = own_prediction_columns() -%}
    {%- if execute and relation is not none -%}
        {%- set found = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
        {%- for column in columns if column not in found -%}
            {{ stop("model " ~ own_prediction_model() ~ ", named by the variable own_prediction_model, has no column " ~ column ~ "; it must return " ~ columns.keys() | join(', ')) }}
        {%- endfor -%}
    {%- endif -%}
    select
        {%- set key = row_key(['origin_id', 'customer_key']) if relation is not none else 'null' %}
        cast({{ key }} as {{ dbt.type_string() }}) as history_id,
    {%- for column, type in columns.items() %}
        {%- set value = 'cast(' ~ (column if relation is not none else 'null') ~ ' as ' ~ type ~ ')' %}
        {%- if type == double_type() %}
        case when abs({{ value }}) < 1e15 then {{ value }} end as {{ column }}{{ ',' if not loop.last }}
        {%- else %}
        {{ value }} as {{ column }}{{ ',' if not loop.last }}
        {%- endif %}
    {%- endfor %}
    {{ 'from ' ~ relation if relation is not none else 'where 1 = 0' }}
{% endmacro %}
