{# Whether any purchase day of a group, `purchase_days.purchased_on`, falls in the year up to the as-of date. #}
{% macro bought_last_year(as_of_date='as_of.as_of_date') %}
    {{ return(any_true('purchase_days.purchased_on > ' ~ add_days(as_of_date, -365))) }}
{% endmacro %}

{# The same for the year before that one. #}
{% macro bought_year_before(as_of_date='as_of.as_of_date') %}
    {{ return(any_true(
        'purchase_days.purchased_on > ' ~ add_days(as_of_date, -730) ~ ' and purchase_days.purchased_on <= ' ~ add_days(as_of_date, -365)
    )) }}
{% endmacro %}
