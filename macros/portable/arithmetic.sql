{# a / b as a double; null where b is 0. #}
{% macro divide(numerator, denominator) %}
    {{ return("(cast(" ~ numerator ~ " as " ~ double_type() ~ ") / nullif(cast(" ~ denominator ~ " as " ~ double_type() ~ "), 0))") }}
{% endmacro %}

{# A decimal rounded half-even to the cent. #}
{% macro round_money(expression) %}{{ return(adapter.dispatch('round_money', 'crm_cltv')(expression)) }}{% endmacro %}
{% macro duckdb__round_money(expression) %}{{ return("cast(round_even(" ~ expression ~ ", 2) as " ~ money_type() ~ ")") }}{% endmacro %}
{% macro spark__round_money(expression) %}{{ return("cast(bround(" ~ expression ~ ", 2) as " ~ money_type() ~ ")") }}{% endmacro %}

{# A double as money: predictions are held in cents, so that their sums do not depend on the order of addition. #}
{% macro predicted_money(expression) %}{{ return("cast(" ~ expression ~ " as " ~ money_type() ~ ")") }}{% endmacro %}

{# Some rows' flag: true where any row's condition holds. #}
{% macro any_true(condition) %}{{ return("max(case when " ~ condition ~ " then 1 else 0 end) = 1") }}{% endmacro %}

{# A number in a text, rounded: 305.4 → 305; `unknown` where there is none. #}
{% macro number_text(number, decimals=0) %}
    {{ return("coalesce(" ~ rounded_text(number, decimals) ~ ", 'unknown')") }}
{% endmacro %}

{# A share as per cent in a text: 0.057 → 6 %, with one decimal 5.7 %. #}
{% macro percent(share, decimals=0) %}{{ return(rounded_text('100 * ' ~ share, decimals) ~ " || ' %'") }}{% endmacro %}

{# A number as a text with so many decimals; null where there is none. #}
{% macro rounded_text(number, decimals=0) %}
    {%- set type = 'decimal(38, ' ~ decimals ~ ')' -%}
    {{ return('cast(cast(round(' ~ number ~ ', ' ~ decimals ~ ') as ' ~ type ~ ') as ' ~ dbt.type_string() ~ ')') }}
{% endmacro %}

{# Rows for which the condition holds. Counted: a sum holds a number three times as wide for every group. #}
{% macro count_if(condition) %}{{ return("count(case when " ~ condition ~ " then 1 end)") }}{% endmacro %}

{#
  Sum of doubles as a double, added up in decimal: a plain sum depends in its last digits on the order of the rows, and
  two builds of the same input would differ.

  Arguments:
    expression  SQL expression of a double
    decimals    digits that count
    digits      digits in all
#}
{% macro exact_sum(expression, decimals=8, digits=28) %}
    {{ return('cast(sum(cast(' ~ expression ~ ' as decimal(' ~ digits ~ ', ' ~ decimals ~ '))) as ' ~ double_type() ~ ')') }}
{% endmacro %}
