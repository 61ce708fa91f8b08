{# How far contractual value looks ahead: label → months, that is renewals. #}
{% macro contract_horizons() %}{{ return({'12m': 12, '24m': 24, '36m': 36}) }}{% endmacro %}
