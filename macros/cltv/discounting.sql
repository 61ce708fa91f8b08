{# What one unit of money is worth today when it comes in some days; a year is 365 days. #}
{% macro discount_factor(days) %}
    {{ return('power(' ~ (1 + annual_discount_rate()) ~ 'e0, -(' ~ days ~ ') / 365e0)') }}
{% endmacro %}
