{#
  The third door: a folder of files named after the tables, orders.parquet or orders.csv. One view per file, so that
  the models see the same kind of source as in a warehouse. CSV columns are all text: staging casts them, and says
  which ones it could not read.
#}
{% macro open_raw_folder() %}{{ return(adapter.dispatch('open_raw_folder', 'crm_cltv')()) }}{% endmacro %}

{% macro spark__open_raw_folder() %}
    {{ stop("variable raw_folder works on DuckDB only; load the files into a schema and set raw_crm_schema") }}
{% endmacro %}

{% macro duckdb__open_raw_folder() %}
    {%- set folder = (var('raw_folder') | string).rstrip('/') -%}
    {%- set files = {} -%}
    {%- for row in run_query("select file from glob('" ~ sql_text(folder) ~ "/*')") -%}
        {%- set name = row[0].replace('\\', '/').split('/')[-1] -%}
        {%- set stem, suffix = name.split('.')[0], name.split('.')[1:] | join('.') | lower -%}
        {%- if suffix in ('csv', 'csv.gz', 'parquet') and stem in raw_contract() -%}
            {%- if stem in files -%}
                {{ stop("folder " ~ folder ~ " has two files for the table '" ~ stem ~ "': " ~ files[stem] ~ " and " ~ name ~ "; keep one") }}
            {%- endif -%}
            {%- do files.update({stem: name}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set schema = source('crm', 'orders').schema -%}
    {%- do run_query('create schema if not exists ' ~ adapter.quote(schema)) -%}
    {%- for table in built_tables() -%}
        {#- a view of an earlier folder must not answer for a file that this one lacks -#}
        {%- do run_query('drop view if exists ' ~ source('crm', table)) -%}
        {%- if table in files and crm_table_is_on(table) -%}
            {%- set path = sql_text(folder ~ '/' ~ files[table]) -%}
            {%- if files[table].endswith('.parquet') -%}
                {%- set reader = "read_parquet('" ~ path ~ "')" -%}
            {%- else -%}
                {%- set reader = "read_csv('" ~ path ~ "', header = true, all_varchar = true)" -%}
            {%- endif -%}
            {%- do run_query('create view ' ~ source('crm', table) ~ ' as select * from ' ~ reader) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{# A text inside single quotes in SQL. #}
{% macro sql_text(text) %}{{ return(text | replace("'", "''")) }}{% endmacro %}
