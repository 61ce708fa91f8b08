{# How far predictions look ahead: label → days. A year is 365 days and a quarter of it 91, as in the back-tests. #}
{% macro order_horizons() %}{{ return({'1m': 30, '3m': 91, '6m': 182, '12m': 365, '24m': 730, '36m': 1095}) }}{% endmacro %}

{# The horizons on which every method states a value: label → whole years. #}
{% macro value_horizons() %}{{ return({'12m': 1, '24m': 2}) }}{% endmacro %}

{# The two bases on which value is stated. #}
{% macro value_bases() %}{{ return(['net_revenue', 'gross_margin']) }}{% endmacro %}

{# The bases on which the coming months are foreseen: those of value, and contribution. #}
{% macro forecast_bases() %}{{ return(value_bases() + ['contribution']) }}{% endmacro %}

{#
  Since when a customer is there: had they bought by two years before the as-of date, by one year before it, or not. Last
  year's figures are told apart by it, as the forecast tells existing customers from new ones.
#}
{% macro there_since(first_purchased_on, as_of_date) -%}
    case
        when {{ first_purchased_on }} <= {{ add_months(as_of_date, -24) }} then 'two_years_ago'
        when {{ first_purchased_on }} <= {{ add_months(as_of_date, -12) }} then 'a_year_ago'
        else 'since'
    end
{%- endmacro %}

{# Average length of a month in days; ages are counted in these. #}
{% macro days_per_month() %}{{ return('30.4375e0') }}{% endmacro %}

{# Complete months of age in a number of days. #}
{% macro age_months(days) %}{{ return('cast(floor(' ~ days ~ ' / ' ~ days_per_month() ~ ') as integer)') }}{% endmacro %}

{# The quantiles that make the 50, 80 and 90 % intervals, and the median. #}
{% macro quantiles() %}{{ return(['p05', 'p10', 'p25', 'p50', 'p75', 'p90', 'p95']) }}{% endmacro %}

{# Their probabilities: name → number. #}
{% macro quantile_levels() %}
    {%- set levels = {} %}
    {%- for name in quantiles() %}
        {%- do levels.update({name: name[1:] | int / 100}) %}
    {%- endfor %}
    {{- return(levels) }}
{% endmacro %}

{#
  How many purchase days a group's cost to serve counts for beside a customer's own. By the moments of the demo's
  customers it lies between 10 (from their second year on) and 35; the lower end learns faster from the customer.
#}
{% macro service_cost_prior_purchases() %}{{ return(10) }}{% endmacro %}
