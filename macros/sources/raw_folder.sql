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
    {%- if not run_query("select file from glob('" ~ sql_text(folder) ~ "/*')") | length -%}
        {{ stop("folder " ~ folder ~ " does not exist or is empty; correct the variable raw_folder") }}
    {%- endif -%}
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
                {%- if not is_parquet(path) -%}
                    {{ stop("file " ~ folder ~ "/" ~ files[table] ~ " cannot be read as Parquet; export it again") }}
                {%- endif -%}
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


{#
  Does a file begin and end like Parquet? An error of the engine could not be caught later. Files over 64 MB are
  believed: looking at their ends would read all of them.
#}
{% macro is_parquet(path) %}
    {%- if run_query("select size from read_blob('" ~ path ~ "')")[0][0] > 67108864 -%}{{ return(true) }}{%- endif -%}
    {%- set ends = run_query(
        "select hex(content[1:4]) = '50415231' and hex(content[-4:]) = '50415231' from read_blob('" ~ path ~ "')"
    ) -%}
    {{ return(ends[0][0]) }}
{% endmacro %}
