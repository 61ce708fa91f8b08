{# Whole days from one date to another. #}
{% macro days_between(first, last) %}{{ return(adapter.dispatch('days_between', 'crm_cltv')(first, last)) }}{% endmacro %}
{% macro duckdb__days_between(first, last) %}{{ return("date_diff('day', " ~ first ~ ", " ~ last ~ ")") }}{% endmacro %}
{% macro spark__days_between(first, last) %}{{ return("datediff(" ~ last ~ ", " ~ first ~ ")") }}{% endmacro %}

{# Whole calendar months from one month start to another. #}
{% macro months_between(first, last) %}
    {{ return("((extract(year from " ~ last ~ ") - extract(year from " ~ first ~ ")) * 12 + extract(month from " ~ last ~ ") - extract(month from " ~ first ~ "))") }}
{% endmacro %}

{# A date some days later; stays a date. #}
{% macro add_days(date, days) %}{{ return(adapter.dispatch('add_days', 'crm_cltv')(date, days)) }}{% endmacro %}
{% macro duckdb__add_days(date, days) %}{{ return("(" ~ date ~ " + cast(" ~ days ~ " as integer))") }}{% endmacro %}
{% macro spark__add_days(date, days) %}{{ return("date_add(" ~ date ~ ", " ~ days ~ ")") }}{% endmacro %}

{# A date some months later; stays a date. #}
{% macro add_months(date, months) %}{{ return(adapter.dispatch('add_months', 'crm_cltv')(date, months)) }}{% endmacro %}
{% macro duckdb__add_months(date, months) %}{{ return("cast(" ~ date ~ " + to_months(cast(" ~ months ~ " as integer)) as date)") }}{% endmacro %}
{% macro spark__add_months(date, months) %}{{ return("add_months(" ~ date ~ ", " ~ months ~ ")") }}{% endmacro %}

{# First day of the month. #}
{% macro month_start(date) %}{{ return("cast(" ~ dbt.date_trunc('month', date) ~ " as date)") }}{% endmacro %}

{# First day of the quarter. #}
{% macro quarter_start(date) %}{{ return("cast(" ~ dbt.date_trunc('quarter', date) ~ " as date)") }}{% endmacro %}

{# Last day of the month that starts on this date. #}
{% macro month_end(month) %}{{ return(add_days(add_months(month, 1), -1)) }}{% endmacro %}

{# The business day of a UTC timestamp, in the variable `business_timezone`. #}
{% macro business_date(timestamp) %}
    {%- set zone = business_timezone() -%}
    {%- if zone == 'UTC' -%}{{ return("cast(" ~ timestamp ~ " as date)") }}{%- endif -%}
    {{ return(adapter.dispatch('zoned_date', 'crm_cltv')(timestamp, zone)) }}
{% endmacro %}
{% macro duckdb__zoned_date(timestamp, zone) %}{{ return("cast(timezone('" ~ zone ~ "', timezone('UTC', " ~ timestamp ~ ")) as date)") }}{% endmacro %}
{% macro spark__zoned_date(timestamp, zone) %}{{ return("cast(convert_timezone('UTC', '" ~ zone ~ "', " ~ timestamp ~ ") as date)") }}{% endmacro %}

{# Whole numbers from 0 to `last`, one row each, column `n`. `last` may be a SQL expression without column names. #}
{% macro numbers(last) %}{{ return(adapter.dispatch('numbers', 'crm_cltv')(last)) }}{% endmacro %}
{% macro duckdb__numbers(last) %}{{ return("(select cast(range as integer) as n from range(cast((" ~ last ~ ") as bigint) + 1))") }}{% endmacro %}
{% macro spark__numbers(last) %}{{ return("(select cast(id as int) as n from (select explode(sequence(0, cast((" ~ last ~ ") as int))) as id))") }}{% endmacro %}

{# Day of the week, Monday = 1 … Sunday = 7. #}
{% macro day_of_week(date) %}{{ return(adapter.dispatch('day_of_week', 'crm_cltv')(date)) }}{% endmacro %}
{% macro duckdb__day_of_week(date) %}{{ return('isodow(' ~ date ~ ')') }}{% endmacro %}
{% macro spark__day_of_week(date) %}{{ return('(weekday(' ~ date ~ ') + 1)') }}{% endmacro %}

{# Hours from one timestamp to another, as a double. #}
{% macro hours_between(first, last) %}{{ return(divide(dbt.datediff(first, last, 'second'), 3600)) }}{% endmacro %}

{# Complete years from one date to another: an age. #}
{% macro full_years(first, last) %}
    {{ return(
        '(extract(year from ' ~ last ~ ') - extract(year from ' ~ first ~ ') - case when extract(month from ' ~ last ~ ') * 100 + extract(day from '
        ~ last ~ ') < extract(month from ' ~ first ~ ') * 100 + extract(day from ' ~ first ~ ') then 1 else 0 end)'
    ) }}
{% endmacro %}

{# Complete months from one date to another: the last n for which the first date, n months later, has been reached. #}
{% macro full_months(first, last) %}
    {%- set months = months_between(first, last) -%}
    {{ return(
        'cast(' ~ months ~ ' - case when ' ~ add_months(first, months) ~ ' > ' ~ last ~ ' then 1 else 0 end as integer)'
    ) }}
{% endmacro %}
