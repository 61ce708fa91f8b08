{#
  Runs before every build: variables, the time zone, and the user's raw tables against the contract. What is wrong is
  said in one line before any model runs. The demo needs no check of its tables: they are seeds of this project.
#}
{% macro check_project() %}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'compile', 'seed', 'snapshot', 'retry', 'show', 'generate') -%}
        {%- do check_inputs() -%}
    {%- endif -%}
{% endmacro %}


{# The checks themselves, whatever command asks for them. #}
{% macro check_inputs() %}
    {%- do check_variables() -%}
    {%- do check_timezone() -%}
    {%- do check_demo_currency() -%}
    {%- if raw_door() == 'folder' -%}{%- do open_raw_folder() -%}{%- endif -%}
    {%- if raw_door() != 'demo' -%}{%- do check_raw_tables() -%}{%- endif -%}
{% endmacro %}


{# Every table that is on exists, with columns that can be used; the dates can be trusted. #}
{% macro check_raw_tables() %}
    {%- do check_raw_schema() -%}
    {%- for table in built_tables() if crm_table_is_on(table) -%}
        {%- do check_raw_table(table) -%}
    {%- endfor -%}
    {%- do check_landing_time() -%}
    {%- if crm_table_is_on('exchange_rates') -%}{%- do check_rates() -%}{%- endif -%}
{% endmacro %}


{# The schema of the raw tables is there, and so is its database: else every table would be missing, and why is not said. #}
{% macro check_raw_schema() %}
    {%- if raw_door() == 'schema' -%}
        {%- set relation = source('crm', 'orders') -%}
        {%- set databases = schemas_by_database() -%}
        {%- set database = relation.database | string | lower -%}
        {%- if var('raw_crm_database') and databases and database not in databases -%}
            {{ stop("variable raw_crm_database names '" ~ var('raw_crm_database') ~ "', which is no database that is attached; there are: " ~ databases.keys() | reject('equalto', 'memory') | join(', ') ~ ". Attach it in profiles/profiles.yml under this name (docs/variables.md), or correct the variable") }}
        {%- endif -%}
        {%- if database in databases and relation.schema | lower not in databases[database] -%}
            {{ stop("there is no " ~ raw_place() ~ "; there are: " ~ databases[database] | join(', ') ~ ". Correct the variable raw_crm_schema (RAW_SCHEMA), or name the database that has it by raw_crm_database") }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# Database → its schemas, in small letters, as far as the engine can be asked. #}
{% macro schemas_by_database() %}{{ return(adapter.dispatch('schemas_by_database', 'crm_cltv')()) }}{% endmacro %}

{% macro duckdb__schemas_by_database() %}
    {%- set found = {} -%}
    {%- for database, schema in run_query(
        "select lower(catalog_name), lower(schema_name) from information_schema.schemata "
        ~ "where catalog_name not in ('system', 'temp') and schema_name not in ('information_schema', 'pg_catalog') order by 1, 2"
    ) -%}
        {%- do found.setdefault(database, []).append(schema) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{# Spark names a missing catalog itself. #}
{% macro spark__schemas_by_database() %}{{ return({}) }}{% endmacro %}


{# One table is there, has its required columns, and holds nothing that can never become what the contract asks for. #}
{% macro check_raw_table(table) %}
    {%- set contract = raw_contract(table) -%}
    {%- set relation = source('crm', table) -%}
    {%- if adapter.get_relation(relation.database, relation.schema, relation.identifier) is none -%}
        {%- set likely = likely_file(table) if raw_door() == 'folder' else '' -%}
        {%- if contract['required'] -%}
            {{ stop("required table '" ~ table ~ "' is not in " ~ raw_place() ~ "; load it there under this name, or make a view of that name" ~ likely) }}
        {%- else -%}
            {{ stop("table '" ~ table ~ "' is switched on but not in " ~ raw_place() ~ "; load it, or leave it out of the variable crm_tables" ~ likely) }}
        {%- endif -%}
    {%- endif -%}
    {%- set existing = existing_columns(table) -%}
    {%- for column in contract['columns'] if column['required'] -%}
        {%- do check_required_column(table, column['name'], existing) -%}
    {%- endfor -%}
    {%- for column in contract['columns'] if column['name'] in existing -%}
        {%- do check_column_type(table, column['name'], existing[column['name']], column['type']) -%}
    {%- endfor -%}
    {%- do check_decimal_point(table) -%}
{% endmacro %}


{# A required column is there; if not, the line says which of those that nobody knows is perhaps it. #}
{% macro check_required_column(table, column, existing) %}
    {%- if column not in existing -%}
        {%- set known = raw_contract(table)['columns'] | map(attribute='name') | list -%}
        {%- set meant = closest_name(column, existing.keys() | reject('in', known) | list) -%}
        {{ stop("table '" ~ table ~ "' in " ~ raw_place() ~ " has no column '" ~ column ~ "', which is required" ~ (", perhaps '" ~ meant ~ "' is meant" if meant else "") ~ "; it has: " ~ existing.keys() | join(', ') ~ ". Rename or add the column (docs/raw_contract.md)") }}
    {%- endif -%}
{% endmacro %}


{#
  A column's type can become the contract's. One that cannot is let pass when it holds nothing: tools that write frames
  give an empty column any type.

  Arguments:
    table          name in the raw contract
    column         name of the column
    raw_type       its type, as the adapter names it
    contract_type  type in the raw contract
#}
{% macro check_column_type(table, column, raw_type, contract_type) %}
    {%- if not type_fits(raw_type, contract_type) -%}
        {%- set name = adapter.quote(column) -%}
        {%- if run_query('select 1 from ' ~ source('crm', table) ~ ' where ' ~ name ~ ' is not null limit 1') | length -%}
            {{ stop("column '" ~ column ~ "' of table '" ~ table ~ "' in " ~ raw_place() ~ " is of type " ~ raw_type ~ ", which cannot become " ~ contract_type ~ "; export it as " ~ contract_type ~ " or as text (docs/raw_contract.md)") }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#
  Numbers in texts are written with a decimal point. A comma here and there is a bad row, and set aside. A column that is
  written so throughout is none: where it is required every row would be rejected, elsewhere every value cleared, so that
  a tax of 1,90 became no tax; and 1.234 beside 1.234,50 would be read as 1.23.

  A column counts as written so when more of its values have a decimal comma than a decimal point, and these are one in
  ten, or others have points between thousands. 1,234 and 1.234 by themselves say neither.
#}
{% macro check_decimal_point(table) %}
    {%- set existing = existing_columns(table) -%}
    {%- set texts = [] -%}
    {%- for column in raw_contract(table)['columns'] if column['type'] in ('number', 'integer', 'money', 'price', 'quantity', 'rate') -%}
        {%- if is_text_type(existing.get(column['name'], '')) -%}{%- do texts.append(column['name']) -%}{%- endif -%}
    {%- endfor -%}
    {#- a look at every text is cheap, at its form it is not: mostly there is no comma -#}
    {%- set columns = [] -%}
    {%- if texts -%}
        {%- set outputs = [] -%}
        {%- for column in texts -%}{%- do outputs.append(count_if(adapter.quote(column) ~ " like '%,%'")) -%}{%- endfor -%}
        {%- set found = run_query('select ' ~ outputs | join(', ') ~ ' from ' ~ source('crm', table))[0] -%}
        {%- for column in texts -%}
            {%- if found[loop.index0] -%}{%- do columns.append(column) -%}{%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if columns -%}
        {%- set outputs = [] -%}
        {%- for column in columns -%}
            {%- set name = adapter.quote(column) -%}
            {%- set comma = has_form(name, '^ *[-+]?([0-9 ]+,([0-9]{1,2}|[0-9]{4,})|0+,[0-9]+|[0-9]{1,3}([.][0-9]{3})+,[0-9]+) *$') -%}
            {%- do outputs.append("count(case when " ~ name ~ " <> '' then 1 end)") -%}
            {%- do outputs.append(count_if(comma)) -%}
            {%- do outputs.append(count_if(has_form(name, '^ *[-+]?([0-9]*[.]([0-9]{1,2}|[0-9]{4,})|0*[.][0-9]+) *$'))) -%}
            {%- do outputs.append(count_if(has_form(name, '^ *[-+]?[1-9][0-9]{0,2}([.][0-9]{3})+ *$'))) -%}
            {%- do outputs.append("min(case when " ~ comma ~ " then " ~ name ~ " end)") -%}
        {%- endfor -%}
        {%- set found = run_query('select ' ~ outputs | join(', ') ~ ' from ' ~ source('crm', table))[0] -%}
        {%- set wrong = [] -%}
        {%- for column in columns -%}
            {%- set first = 5 * loop.index0 -%}
            {%- set values, commas, points, thousands = found[first], found[first + 1], found[first + 2], found[first + 3] -%}
            {%- if commas > points and (10 * commas >= values or thousands) -%}
                {%- do wrong.append(column ~ " ('" ~ found[first + 4] | trim ~ "')") -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if wrong -%}
            {{ stop("table '" ~ table ~ "' in " ~ raw_place() ~ " has numbers with a decimal comma: " ~ wrong | join(', ') ~ "; export them with a decimal point and without separators of thousands, such as 0.4 or 1234.50 (docs/raw_contract.md)") }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# An order dated 2099 can be told from a real one. #}
{% macro check_landing_time() %}
    {%- set orders = existing_columns('orders') -%}
    {%- if 'synced_at' not in orders and 'updated_at' not in orders and not as_of_variable() -%}
        {{ stop("table 'orders' in " ~ raw_place() ~ " has neither synced_at nor updated_at, so that an order dated 2099 could not be told from a real one; add one of them or set the variable as_of_date") }}
    {%- endif -%}
{% endmacro %}


{#
  The exchange rates lead to the reporting currency. They do not say where they lead, but it can be seen: a currency is
  worth 1 of itself. Rates to another one would make every converted amount wrong without a word.
#}
{% macro check_rates() %}
    {%- set wanted = reporting_currency() -%}
    {%- set found = run_query(
        "select currency, count(*), count(case when rate_to_reporting <> 1 then 1 end), min(rate_to_reporting) from ("
        ~ typed_crm_rows('exchange_rates', ['currency', 'rate_to_reporting'])
        ~ ") as rates where rate_to_reporting > 0 group by currency order by currency"
    ) -%}
    {%- set own = [] -%}
    {%- set ones = [] -%}
    {%- for currency, rates, others, lowest in found -%}
        {%- if currency == wanted -%}
            {%- do own.append({'lowest': lowest, 'is_one': 2 * others <= rates}) -%}
        {%- elif not others -%}
            {%- do ones.append(currency) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set table = "the rates of table 'exchange_rates' in " ~ raw_place() -%}
    {%- set mend = "; load rates that lead to " ~ wanted ~ ", or set the variable reporting_currency to the currency that these lead to" -%}
    {#- a row or two that say something else are dirt, and are not used: amounts in this currency need no rate -#}
    {%- if own and not own[0]['is_one'] -%}
        {{ stop(table ~ " lead to another currency than " ~ wanted ~ ": they give 1 " ~ wanted ~ " as " ~ own[0]['lowest'] ~ mend ~ (" (" ~ ones | join(' or ') ~ ", to judge by its rate of 1)" if ones else "")) }}
    {%- elif ones and not own -%}
        {{ stop(table ~ " seem to lead to " ~ ones[0] ~ ", which always has the rate 1, and not to " ~ wanted ~ mend ~ "; if they do lead to " ~ wanted ~ ", add a row that gives " ~ wanted ~ " the rate 1") }}
    {%- endif -%}
{% endmacro %}


{# The demo's rates lead to EUR, and so do its cost rates. Unit tests and the like read no rate and may have any currency. #}
{% macro check_demo_currency() %}
    {%- if raw_door() == 'demo' and flags.WHICH in ('build', 'run') and crm_table_is_on('exchange_rates') and reporting_currency() != 'EUR' -%}
        {{ stop("the demo cannot be built with reporting_currency '" ~ reporting_currency() ~ "': its exchange rates lead to EUR; leave the variable at EUR, or give your own tables") }}
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
