{#
  The rate of a row to the reporting currency: 1 for the reporting currency itself, and for rows that name none.
  Null where there is no rate: the row is rejected as no_rate.

  Arguments: the row's currency, and the alias under which base_crm__exchange_rate_days was joined.
#}
{% macro row_rate(currency, rate_alias='rate_days') %}
    {%- set one = contract_type('rate') -%}
    {{ return("case when coalesce(" ~ currency ~ ", '" ~ reporting_currency() ~ "') = '" ~ reporting_currency() ~ "' then cast(1 as " ~ one ~ ") else " ~ rate_alias ~ ".rate_to_reporting end") }}
{% endmacro %}
