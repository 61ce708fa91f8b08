{#
  A history's place among the cells of its origin: the key on which models are fitted and scores are joined back. At
  week grain days are rounded to whole weeks; a repeat purchase stays after the first one and before the origin.

  Arguments: aliases of int_purchase_histories and int_purchase_cell_grains.
#}
{% macro cell_recency_days(history='histories', grain='grains') %}
    {%- set weeks = 'cast(7 * floor((' ~ history ~ '.recency_days + 3) / 7e0) as integer)' -%}
    {{ return("case when " ~ grain ~ ".purchase_grain = 'day' or " ~ history ~ ".frequency = 0 then " ~ history ~ ".recency_days else greatest(7, " ~ weeks ~ ") end") }}
{% endmacro %}

{# The age of a history's cell; see cell_recency_days. #}
{% macro cell_age_days(history='histories', grain='grains') %}
    {%- set weeks = 'cast(7 * floor((' ~ history ~ '.age_days + 3) / 7e0) as integer)' -%}
    {{ return("case when " ~ grain ~ ".purchase_grain = 'day' then " ~ history ~ ".age_days else greatest(" ~ weeks ~ ", " ~ cell_recency_days(history, grain) ~ ") end") }}
{% endmacro %}


{# The date of the nth back-test origin: months before the newest one that still has a full holdout. #}
{% macro backtest_date(horizon, n) %}
    {{ return(add_months(add_days(horizon ~ '.as_of_date', '-' ~ horizon ~ '.horizon_days'), '-' ~ n)) }}
{% endmacro %}
