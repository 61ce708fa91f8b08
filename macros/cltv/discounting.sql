{# What one unit of money is worth today when it comes in some days; a year is 365 days. #}
{% macro discount_factor(days) %}
    {{ return('power(' ~ (1 + annual_discount_rate()) ~ 'e0, -(' ~ days ~ ') / 365e0)') }}
{% endmacro %}

{# What a steady yearly amount over some years is worth today, money coming in all the time: a year's worth × (1 - e^(-δ years)) / δ. #}
{% macro discounted_annuity(yearly, years) %}
    {%- set rate = annual_discount_rate() -%}
    {%- if rate == 0 -%}{{ return('(' ~ yearly ~ ') * (' ~ years ~ ')') }}{%- endif -%}
    {{ return('(' ~ yearly ~ ') * (1 - power(' ~ (1 + rate) ~ 'e0, -(' ~ years ~ '))) / ln(' ~ (1 + rate) ~ 'e0)') }}
{% endmacro %}
