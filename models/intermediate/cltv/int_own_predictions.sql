{{ config(materialized='view') }}

-- What the user's own model foresees, in the form that all methods share; no rows where there is none.
{% if own_prediction_model() -%}
    {{ own_predictions(ref(own_prediction_model())) }}
{%- else -%}
    select
    {%- for column, type in own_prediction_columns().items() %}
        cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    where 1 = 0
{%- endif %}
