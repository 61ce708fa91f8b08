{#
  Runs before every build: variables, the time zone, and the user's raw tables against the contract. What is wrong is
  said in one line before any model runs. The demo needs no check of its tables: they are seeds of this project.
#}
{% macro check_project() %}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'compile', 'seed', 'snapshot', 'retry', 'show', 'generate') -%}
        {%- do check_variables() -%}
        {%- do check_timezone() -%}
        {%- if raw_door() == 'folder' -%}{%- do open_raw_folder() -%}{%- endif -%}
        {%- if raw_door() != 'demo' -%}{%- do check_raw_tables() -%}{%- endif -%}
    {%- endif -%}
{% endmacro %}


{# Every table that is on exists and has its required columns; the dates can be trusted. #}
{% macro check_raw_tables() %}
    {%- set contract = raw_contract() -%}
    {%- for table in contract if crm_table_is_on(table) and table in built_tables() -%}
        {%- set relation = source('crm', table) -%}
        {%- set found = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
        {%- if found is none -%}
            {%- if contract[table]['required'] -%}
                {{ stop("required table '" ~ table ~ "' is not in " ~ raw_place() ~ "; load it there under this name, or make a view of that name") }}
            {%- else -%}
                {{ stop("table '" ~ table ~ "' is switched on but not in " ~ raw_place() ~ "; load it, or leave it out of the variable crm_tables") }}
            {%- endif -%}
        {%- endif -%}
        {%- set existing = existing_columns(table) -%}
        {%- set required = contract[table]['columns'] | selectattr('required') | map(attribute='name') | list -%}
        {%- for column in required if column not in existing -%}
            {{ stop("table '" ~ table ~ "' in " ~ raw_place() ~ " has no column '" ~ column ~ "', which is required; it has: " ~ existing.keys() | join(', ') ~ ". Rename or add the column (docs/raw_contract.md)") }}
        {%- endfor -%}
    {%- endfor -%}
    {%- set orders = existing_columns('orders') -%}
    {%- if 'synced_at' not in orders and 'updated_at' not in orders and not as_of_variable() -%}
        {{ stop("table 'orders' in " ~ raw_place() ~ " has neither synced_at nor updated_at, so that an order dated 2099 could not be told from a real one; add one of them or set the variable as_of_date") }}
    {%- endif -%}
{% endmacro %}


{# The tables of the contract: every one has its staging models. #}
{% macro built_tables() %}{{ return(raw_contract().keys() | list) }}{% endmacro %}


{# The business time zone is one that the engine knows. #}
{% macro check_timezone() %}
    {%- set zone = business_timezone() -%}
    {%- if zone != 'UTC' -%}{%- do adapter.dispatch('check_timezone', 'crm_cltv')(zone) -%}{%- endif -%}
{% endmacro %}

{% macro duckdb__check_timezone(zone) %}
    {%- if not run_query("select 1 from pg_timezone_names() where name = '" ~ zone ~ "'") | length -%}
        {{ stop("variable business_timezone names '" ~ zone ~ "', which is no time zone; use a name such as UTC or Europe/Berlin") }}
    {%- endif -%}
{% endmacro %}

{# Spark refuses an unknown zone itself when it is used. #}
{% macro spark__check_timezone(zone) %}{% endmacro %}
