{# Which of the three doors is open: 'demo', 'schema' or 'folder'. #}
{% macro raw_door() %}
    {%- if var('raw_folder') -%}{{ return('folder') }}{%- endif -%}
    {%- if var('raw_crm_schema') -%}{{ return('schema') }}{%- endif -%}
    {{ return('demo') }}
{% endmacro %}


{# Is this table of the contract switched on? Required tables always are; the demo has the tables it has seeds for. #}
{% macro crm_table_is_on(table) %}
    {%- if raw_contract(table)['required'] -%}{{ return(true) }}{%- endif -%}
    {%- if raw_door() == 'demo' and table not in demo_tables() -%}{{ return(false) }}{%- endif -%}
    {%- set wanted = var('crm_tables') -%}
    {{ return(wanted == 'all' or table in wanted) }}
{% endmacro %}


{# The tables that the bundled demo brings: as seeds in seeds/crm/, and its own numbers in seeds/demo/. #}
{% macro demo_tables() %}
    {{ return([
        'customers', 'orders', 'order_lines', 'refunds', 'products', 'campaigns', 'campaign_spend', 'sales_reps',
        'exchange_rates', 'touchpoints', 'messages', 'interactions', 'support_tickets', 'survey_responses',
        'customer_rep_assignments', 'loyalty_movements', 'subscriptions', 'subscription_prices', 'consents',
        'crm_changes', 'crm_change_arms', 'crm_change_assignments', 'crm_usage', 'leads', 'opportunities',
        'migration_counts', 'erasure_requests', 'cost_rates', 'overheads', 'fallback_margins',
    ]) }}
{% endmacro %}


{#
  The raw relation of one table. For the demo it also names the seed as a parent: without it a fresh `dbt build` starts
  staging while the seeds are still loading.
#}
{% macro crm_source(table) %}
    {%- set relation = source('crm', table) -%}
    {%- if raw_door() == 'demo' and table in demo_tables() -%}{%- do ref(table) -%}{%- endif -%}
    {{ return(relation) }}
{% endmacro %}


{# Where the raw tables of this run live, for error messages. #}
{% macro raw_place() %}
    {%- if raw_door() == 'folder' -%}{{ return('folder ' ~ var('raw_folder')) }}{%- endif -%}
    {%- if raw_door() == 'schema' -%}
        {{ return('schema ' ~ var('raw_crm_schema') ~ (' of database ' ~ var('raw_crm_database') if var('raw_crm_database') else '')) }}
    {%- endif -%}
    {{ return('the demo seeds') }}
{% endmacro %}


{# The raw columns that exist, lower-cased name → type in upper case. Empty before the relation exists. #}
{% macro existing_columns(table) %}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(source('crm', table)) -%}
            {%- do found.update({column.name | lower: column.dtype | upper}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}
