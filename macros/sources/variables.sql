{# Ends the run with one line: what, where, how to mend it. #}
{% macro stop(message) %}
    {{ exceptions.raise_compiler_error('crm_cltv: ' ~ message) }}
{% endmacro %}


{# A variable that must match a pattern: everything that reaches SQL from a variable passes through here. #}
{% macro checked_variable(name, pattern, meaning) %}
    {%- set value = var(name) | string | trim -%}
    {%- if not modules.re.fullmatch(pattern, value) -%}
        {{ stop("variable " ~ name ~ " must be " ~ meaning ~ ", got '" ~ value | replace('\n', ' ') | truncate(60, true) ~ "'; set it with --vars or in dbt_project.yml") }}
    {%- endif -%}
    {{ return(value) }}
{% endmacro %}


{# A variable that is one of a few words. #}
{% macro chosen_variable(name, choices) %}
    {{ return(checked_variable(name, choices | join('|'), 'one of ' ~ choices | join(', '))) }}
{% endmacro %}


{# A variable that is a date, as YYYY-MM-DD text. #}
{% macro date_variable(name) %}
    {%- set value = checked_variable(name, '[0-9]{4}-[0-9]{2}-[0-9]{2}', 'a date YYYY-MM-DD') -%}
    {%- set year, month, day = value[:4] | int, value[5:7] | int, value[8:] | int -%}
    {%- set leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 -%}
    {%- set days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] -%}
    {%- if year < 1 or month < 1 or month > 12 or day < 1 or day > days[month - 1] -%}
        {{ stop("variable " ~ name ~ " must be a date that exists, got '" ~ value ~ "'; set it with --vars or in dbt_project.yml") }}
    {%- endif -%}
    {{ return(value) }}
{% endmacro %}


{# A variable that is a whole number of at least `least`. #}
{% macro count_variable(name, least=0) %}
    {%- set value = checked_variable(name, '[0-9]{1,9}', 'a whole number of at least ' ~ least) | int -%}
    {%- if value < least -%}
        {{ stop("variable " ~ name ~ " must be a whole number of at least " ~ least ~ ", got '" ~ value ~ "'; set it with --vars or in dbt_project.yml") }}
    {%- endif -%}
    {{ return(value) }}
{% endmacro %}


{# The as-of date as text, or empty when the newest plausible order decides. #}
{% macro as_of_variable() %}
    {%- if var('as_of_date') is none or not var('as_of_date') | string | trim -%}{{ return('') }}{%- endif -%}
    {{ return(date_variable('as_of_date')) }}
{% endmacro %}


{# Rows dated before this day are rejected. #}
{% macro earliest_plausible_date() %}{{ return(date_variable('earliest_plausible_date')) }}{% endmacro %}


{# The currency in which the marts are. #}
{% macro reporting_currency() %}
    {{ return(checked_variable('reporting_currency', '[A-Z]{3}', 'a currency code of three capital letters')) }}
{% endmacro %}


{# The time zone in which a business day begins. #}
{% macro business_timezone() %}
    {{ return(checked_variable('business_timezone', '[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}', "a time zone's name such as UTC or Europe/Berlin")) }}
{% endmacro %}


{# The user's own margin for goods without a cost, as SQL: a share of net sales, or null. #}
{% macro fallback_margin_rate() %}
    {%- if var('fallback_margin_rate') is none or not var('fallback_margin_rate') | string | trim -%}{{ return('null') }}{%- endif -%}
    {{ return(checked_variable('fallback_margin_rate', '-?(0([.][0-9]{1,6})?|1([.]0{1,6})?)', "a share of net sales between -1 and 1 such as 0.4, or empty")) }}
{% endmacro %}


{# What a year of waiting costs: 0.1 makes 110 next year worth 100 today. #}
{% macro annual_discount_rate() %}
    {{ return(checked_variable('annual_discount_rate', '0?[.][0-9]{1,6}|[0-9]([.][0-9]{1,6})?', 'a yearly rate from 0.0 to 9.999999 such as 0.1') | float) }}
{% endmacro %}


{# The model, or the mean of the models, whose predictions are shown. #}
{% macro purchase_model() %}
    {{ return(chosen_variable('purchase_model', ['ensemble'] + purchase_model_family())) }}
{% endmacro %}

{# The models that are fitted: all, unless one was asked for. #}
{% macro purchase_model_family() %}{{ return(['bg_nbd', 'mbg_nbd', 'pareto_nbd', 'mbg_cnbd_k']) }}{% endmacro %}

{# What kind of business this is, and in which trade: which benchmarks stand beside its figures. #}
{% macro business_model() %}{{ return(checked_variable('business_model', '[a-z][a-z0-9_]{0,39}', 'a word of the column business_model of the seed benchmarks such as all or subscription')) }}{% endmacro %}
{% macro industry() %}{{ return(checked_variable('industry', '[a-z][a-z0-9_]{0,39}', 'a word of the column industry of the seed benchmarks such as all')) }}{% endmacro %}

{# Whether parameters differ by channel and customer type: where the back-test says so, or by decree. #}
{% macro prediction_by_group() %}{{ return(chosen_variable('prediction_by_group', ['auto', 'always', 'never'])) }}{% endmacro %}


{# The names of the project's variables; a test holds them against dbt_project.yml. #}
{% macro known_variables() %}
    {%- set names -%}
        raw_folder raw_crm_schema raw_crm_database crm_tables
        as_of_date business_timezone reporting_currency earliest_plausible_date rate_valid_days fallback_margin_rate
        identity_max_ids_per_email identity_keep_apart
        run_rate_floor_days annual_discount_rate minimum_cell_customers
        business_model industry
        purchase_model prediction_by_group fit_method spend_purchases max_exact_cells
        prediction_minimum_customers prediction_minimum_repeaters prediction_minimum_days prediction_maximum_silence_days
        backtest_origins backtest_customers challenger own_prediction_model
    {%- endset -%}
    {{ return(names.split()) }}
{% endmacro %}


{#
  The variables that were given with --vars are variables of this project: dbt takes any name, and one that is mistyped
  would change nothing without a word. Where this project is a package of another, the other's variables are given, too.
#}
{% macro check_variable_names() %}
    {%- if project_name == 'crm_cltv' -%}
        {%- for name in (invocation_args_dict.get('vars') or {}) if name not in known_variables() -%}
            {%- set meant = closest_name(name, known_variables()) -%}
            {{ stop("variable '" ~ name | string | replace('\n', ' ') | truncate(60, true) ~ "' is not known" ~ (", perhaps " ~ meant ~ " is meant" if meant else "") ~ "; the names are in docs/variables.md") }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{# The name among `names` that shares most pairs of letters with a mistyped one, else an empty text. #}
{% macro closest_name(name, names) %}
    {%- set best = {'name': '', 'score': 0.5} -%}
    {%- set pairs = letter_pairs(name) -%}
    {%- for candidate in names -%}
        {%- set others = letter_pairs(candidate) -%}
        {%- set score = 2 * (pairs | select('in', others) | list | length) / (pairs | length + others | length) -%}
        {%- if score > best['score'] -%}{%- do best.update({'name': candidate, 'score': score}) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(best['name']) }}
{% endmacro %}

{# The different pairs of neighbouring letters of a name, its beginning and end among them. #}
{% macro letter_pairs(name) %}
    {%- set text = '^' ~ name | string | lower ~ '$' -%}
    {%- set pairs = [] -%}
    {%- for number in range(1, text | length) -%}{%- do pairs.append(text[number - 1:number + 1]) -%}{%- endfor -%}
    {{ return(pairs | unique | list) }}
{% endmacro %}


{# The variable identity_keep_apart: customer ids that are never merged with another. #}
{% macro kept_apart_ids() %}
    {%- set ids = var('identity_keep_apart') -%}
    {%- if ids is string or ids is mapping or ids is number or ids is none -%}
        {{ stop("variable identity_keep_apart must be a list of customer ids, got '" ~ ids ~ "'") }}
    {%- endif -%}
    {%- for customer_id in ids if customer_id is not string or not modules.re.fullmatch('[^\\x00-\\x1f\\\\]{1,200}', customer_id) -%}
        {{ stop("variable identity_keep_apart must hold customer ids as texts, got '" ~ customer_id ~ "'; put ids that look like numbers in quotes") }}
    {%- endfor -%}
    {{ return(ids) }}
{% endmacro %}


{# Reads every variable once, so that a wrong one stops the run before anything is built. #}
{% macro check_variables() %}
    {%- do check_variable_names() -%}
    {%- do as_of_variable() -%}
    {%- do earliest_plausible_date() -%}
    {%- do reporting_currency() -%}
    {%- do business_timezone() -%}
    {%- do fallback_margin_rate() -%}
    {%- if count_variable('rate_valid_days') > 3650 -%}
        {{ stop("variable rate_valid_days must be at most 3650: a rate ten years old says nothing") }}
    {%- endif -%}
    {%- do count_variable('identity_max_ids_per_email', 1) -%}
    {%- do kept_apart_ids() -%}
    {%- do count_variable('max_exact_cells', 1) -%}
    {%- do count_variable('run_rate_floor_days', 1) -%}
    {%- do count_variable('minimum_cell_customers', 1) -%}
    {%- do count_variable('prediction_minimum_customers', 2) -%}
    {%- do count_variable('prediction_minimum_repeaters', 1) -%}
    {%- do chosen_variable('fit_method', ['map', 'mle']) -%}
    {%- do count_variable('prediction_minimum_days', 1) -%}
    {%- do count_variable('prediction_maximum_silence_days', 1) -%}
    {%- do count_variable('backtest_customers', 100) -%}
    {%- if count_variable('backtest_origins') > 36 -%}
        {{ stop("variable backtest_origins must be at most 36: three years of monthly origins") }}
    {%- endif -%}
    {%- do annual_discount_rate() -%}
    {%- do purchase_model() -%}
    {%- do business_model() -%}
    {%- do industry() -%}
    {%- do prediction_by_group() -%}
    {%- do chosen_variable('challenger', ['none', 'boosted']) -%}
    {%- do own_prediction_model() -%}
    {%- do chosen_variable('spend_purchases', ['all', 'repeat']) -%}
    {%- if var('raw_folder') -%}
        {%- do checked_variable('raw_folder', '[^*?\\[\\]\\x00-\\x1f]+', 'the path of a folder, without the signs * ? [ ]') -%}
    {%- endif -%}
    {%- if var('raw_crm_schema') -%}
        {%- do checked_variable('raw_crm_schema', '[A-Za-z0-9_]+', 'the name of a schema (letters, digits, underscores)') -%}
    {%- endif -%}
    {%- if var('raw_crm_database') -%}
        {%- do checked_variable('raw_crm_database', '[A-Za-z0-9_]+', 'the name of a database (letters, digits, underscores)') -%}
    {%- endif -%}
    {%- if var('raw_crm_database') and not var('raw_crm_schema') -%}
        {{ stop("variable raw_crm_database is set without raw_crm_schema; name the schema too, or leave both empty") }}
    {%- endif -%}
    {%- if var('raw_folder') and var('raw_crm_schema') -%}
        {{ stop("variables raw_folder and raw_crm_schema are both set; the raw tables come from one place, so leave one empty") }}
    {%- endif -%}
    {%- set wanted = var('crm_tables') -%}
    {%- if wanted is string and wanted != 'all' or wanted is mapping or wanted is number or wanted is none -%}
        {{ stop("variable crm_tables must be the word all or a list of table names, got '" ~ wanted | string | replace('\n', ' ') | truncate(60, true) ~ "'") }}
    {%- endif -%}
    {%- if wanted is not string -%}
        {%- for table in wanted | map('string') if table not in raw_contract() -%}
            {{ stop("variable crm_tables names '" ~ table | replace('\n', ' ') | truncate(60, true) ~ "', which is no table of the raw contract; it knows: " ~ raw_contract().keys() | join(', ')) }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
