{#
  Is what was planted in the demo what this run must find? Asked by the tests in tests/demo/, which are off where it is
  not.

  The seeds in seeds/demo/ were written for the defaults of dbt_project.yml. Another as-of date, zone, currency or rule
  for merging customers rightly finds other rows and other figures: a test that failed then would only say that
  something was set, and would keep a sound build from being published. The defaults are written here a second time,
  since dbt does not tell a default from what was given with --vars; a test holds them against dbt_project.yml.

  Arguments:
    figures  the test looks at amounts and estimates, too, and not only at which rows were taken
#}
{% macro demo_is_as_planted(figures=false) %}
    {#- which rows are taken, and whose they are -#}
    {%- set rows_rest_on = {
        'raw_folder': '', 'raw_crm_schema': '', 'crm_tables': 'all',
        'as_of_date': '', 'business_timezone': 'UTC', 'reporting_currency': 'EUR',
        'earliest_plausible_date': '1990-01-01', 'rate_valid_days': 10,
        'identity_max_ids_per_email': 5, 'identity_keep_apart': [],
    } -%}
    {#- what they are worth, and what is expected of them -#}
    {%- set figures_rest_on = {
        'fallback_margin_rate': '', 'minimum_cell_customers': 10,
        'purchase_model': 'ensemble', 'prediction_by_group': 'auto', 'fit_method': 'map', 'spend_purchases': 'all',
        'max_exact_cells': 200000, 'prediction_minimum_customers': 50, 'prediction_minimum_repeaters': 10,
        'prediction_minimum_days': 90, 'prediction_maximum_silence_days': 365,
        'backtest_origins': 12, 'backtest_customers': 10000,
    } -%}
    {%- set rests_on = dict(rows_rest_on, **(figures_rest_on if figures else {})) -%}
    {%- for name, default in rests_on.items() -%}
        {%- set value = '' if var(name) is none else var(name) -%}
        {%- if value | string | trim != default | string -%}{{ return(false) }}{%- endif -%}
    {%- endfor -%}
    {{ return(true) }}
{% endmacro %}
