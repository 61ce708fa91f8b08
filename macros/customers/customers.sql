{# The channels whose marketing consent dim_customers shows; the state on all others is in int_customers__consents. #}
{% macro consent_channels() %}{{ return(['email', 'sms', 'phone', 'post', 'push']) }}{% endmacro %}


{# The age band of an age in years; an age that nobody reaches says nothing. #}
{% macro age_band(years) %}
    case
        when {{ years }} is null or {{ years }} < 0 or {{ years }} > 110 then 'unknown'
        when {{ years }} < 18 then 'under 18'
        {%- for first, last in [(18, 24), (25, 34), (35, 44), (45, 54), (55, 64)] %}
        when {{ years }} <= {{ last }} then '{{ first }}-{{ last }}'
        {%- endfor %}
        else '65 and over'
    end
{%- endmacro %}
