{# An amount in the row's currency → reporting currency, half-even to the cent. #}
{% macro to_reporting(amount, rate) %}
    {#- 20 + 18 digits fill the 38 that a decimal may have; most rows have a rate of 1, and rounding costs ten times more -#}
    {%- set original = "cast(" ~ amount ~ " as decimal(20, 2))" -%}
    {%- set converted = round_money(original ~ " * cast(" ~ rate ~ " as decimal(18, 8))") -%}
    {{ return("case when " ~ rate ~ " = 1 then cast(" ~ original ~ " as " ~ money_type() ~ ") else " ~ converted ~ " end") }}
{% endmacro %}

{# Sum that is null as soon as one part is unknown: a total without one of its costs is not a total. #}
{% macro sum_if_complete(expression) %}
    {{ return("case when count(" ~ expression ~ ") = count(*) then cast(sum(" ~ expression ~ ") as " ~ money_sum_type() ~ ") end") }}
{% endmacro %}

{# Exact sum of money. #}
{% macro sum_money(expression) %}{{ return("cast(sum(" ~ expression ~ ") as " ~ money_sum_type() ~ ")") }}{% endmacro %}

{#
  The textbook: average order value × orders a year × years that a customer stays. $100 × 12 × 3 = $3,600.

  Arguments (SQL expressions): average order value in money, orders per year, years.
#}
{% macro simple_value(average_order_value, orders_per_year, years) %}
    {{ return(predicted_money(average_order_value ~ " * " ~ orders_per_year ~ " * " ~ years)) }}
{% endmacro %}

{# An amount of an order, 0 where the order is no sale (cancelled, pending, test): its alias must be `valued`. #}
{% macro sale_amount(expression) %}
    {{ return("cast(case when valued.is_sale then " ~ expression ~ " else 0 end as " ~ money_type() ~ ")") }}
{% endmacro %}

{#
  Years that a customer is expected to stay active within a horizon, when a share `retention` stays from one year to the
  next: 1 + r + r² + … over the horizon's years. With no horizon this is the lifespan 1 / (1 - r).
#}
{% macro expected_active_years(retention, years) %}
    {%- set terms = [] -%}
    {%- for year in range(years) -%}{%- do terms.append('1e0' if year == 0 else 'power(' ~ retention ~ ', ' ~ year ~ ')') -%}{%- endfor -%}
    {{ return('case when ' ~ retention ~ ' is not null then ' ~ terms | join(' + ') ~ ' end') }}
{% endmacro %}
