{#
  The third door: a folder of files named after the tables, orders.parquet or orders.csv. One view per file, so that
  the models see the same kind of source as in a warehouse. CSV columns are all text: staging casts them, and says
  which ones it could not read.

  An error of the engine cannot be caught here. Whatever is wrong with a file is therefore looked for with queries that
  cannot fail, and said in a line of our own.
#}
{% macro open_raw_folder() %}{{ return(adapter.dispatch('open_raw_folder', 'crm_cltv')()) }}{% endmacro %}

{% macro spark__open_raw_folder() %}
    {{ stop("variable raw_folder works on DuckDB only; load the files into a schema and set raw_crm_schema") }}
{% endmacro %}

{% macro duckdb__open_raw_folder() %}
    {%- set files = raw_files() -%}
    {%- set schema = source('crm', 'orders').schema -%}
    {%- do run_query('create schema if not exists ' ~ adapter.quote(schema)) -%}
    {%- for table in built_tables() -%}
        {#- a view of an earlier folder must not answer for a file that this one lacks -#}
        {%- do run_query('drop view if exists ' ~ source('crm', table)) -%}
        {%- if table in files and crm_table_is_on(table) -%}
            {%- do open_raw_file(table, files[table]) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{# The files of the raw folder: table → file name. #}
{% macro raw_files() %}
    {%- set folder = raw_folder_path() -%}
    {%- set found = run_query("select file from glob('" ~ sql_text(folder) ~ "/*')") -%}
    {%- set inside = run_query("select file from glob('" ~ sql_text(folder) ~ "/*/*')") -%}
    {%- if not found | length and not inside | length -%}
        {{ stop("folder " ~ folder ~ " does not exist or is empty; correct the variable raw_folder") }}
    {%- endif -%}
    {%- for row in inside -%}
        {%- set name = row[0].replace('\\', '/').split('/')[-2] -%}
        {%- if raw_file_table(name) -%}
            {{ stop(folder ~ "/" ~ name ~ " is a directory; the table '" ~ raw_file_table(name) ~ "' must be one file of that name, so write its parts into one") }}
        {%- endif -%}
    {%- endfor -%}
    {%- set files = {} -%}
    {%- for row in found -%}
        {%- set name = row[0].replace('\\', '/').split('/')[-1] -%}
        {%- set table = raw_file_table(name) -%}
        {%- if table -%}
            {%- if table in files -%}
                {{ stop("folder " ~ folder ~ " has two files for the table '" ~ table ~ "': " ~ files[table] ~ " and " ~ name ~ "; keep one") }}
            {%- endif -%}
            {%- do files.update({table: name}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(files) }}
{% endmacro %}


{# The raw folder, without a slash at its end. #}
{% macro raw_folder_path() %}{{ return((var('raw_folder') | string).rstrip('/')) }}{% endmacro %}


{# The table of the contract that a file of this name holds, else an empty text. #}
{% macro raw_file_table(name) %}
    {%- set stem, suffix = name.split('.')[0], name.split('.')[1:] | join('.') | lower -%}
    {{ return(stem if suffix in ('csv', 'csv.gz', 'parquet') and stem in raw_contract() else '') }}
{% endmacro %}


{# The table that a file was perhaps meant for which is not read: its name is nearly right, or its kind is wrong. #}
{% macro likely_table(name) %}
    {%- set stem = name.split('.')[0] -%}
    {%- if raw_file_table(name) -%}{{ return('') }}{%- endif -%}
    {{ return(stem if stem in raw_contract() else closest_name(stem, raw_contract())) }}
{% endmacro %}

{# What such a file must be called. #}
{% macro likely_file_name(name) %}
    {%- set suffix = name.split('.')[1:] | join('.') | lower -%}
    {{ return(likely_table(name) ~ '.' ~ (suffix if suffix in ('csv', 'csv.gz', 'parquet') else 'csv')) }}
{% endmacro %}

{# What there is to say of a file of the folder that no table is read from; of a file that holds no table, nothing. #}
{% macro unread_file(name) %}
    {%- set suffix = name.split('.')[1:] | join('.') | lower -%}
    {%- set meant = likely_table(name) -%}
    {%- if raw_file_table(name) or (suffix not in ('csv', 'csv.gz', 'parquet') and not meant) -%}{{ return('') }}{%- endif -%}
    {{ return(name ~ ' belongs to no table and is not read' ~ ('; perhaps ' ~ likely_file_name(name) ~ ' is meant' if meant else '')) }}
{% endmacro %}

{# The file of the folder that is perhaps a missing table, as an end to the line that misses it; else an empty text. #}
{% macro likely_file(table) %}
    {%- for row in run_query("select file from glob('" ~ sql_text(raw_folder_path()) ~ "/*') order by file") -%}
        {%- set name = row[0].replace('\\', '/').split('/')[-1] -%}
        {%- if likely_table(name) == table -%}
            {{ return('; perhaps ' ~ name ~ ' is meant, which must be called ' ~ likely_file_name(name)) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return('') }}
{% endmacro %}


{#
  Puts a view of one raw file in the place of its table.

  Arguments:
    table  name in the raw contract
    name   name of the file in the raw folder
#}
{% macro open_raw_file(table, name) %}
    {%- set file = raw_folder_path() ~ '/' ~ name -%}
    {%- if (name | lower).endswith('.parquet') -%}
        {%- if not is_parquet(file) -%}
            {{ stop("file " ~ file ~ " cannot be read as Parquet; export it again") }}
        {%- endif -%}
        {%- set reader = "read_parquet('" ~ sql_text(file) ~ "')" -%}
    {%- else -%}
        {%- if (name | lower).endswith('.gz') and not is_gzip(file) -%}
            {{ stop("file " ~ file ~ " is not compressed as its name says; name it " ~ table ~ ".csv, or compress it again") }}
        {%- endif -%}
        {%- set reader = csv_reader(table, file) -%}
        {%- if not (name | lower).endswith('.gz') and has_mixed_line_ends(file) -%}
            {{ stop("file " ~ file ~ " ends its lines in two ways, with and without a carriage return; save it with one of them") }}
        {%- endif -%}
        {%- do check_csv_lines(file, reader) -%}
    {%- endif -%}
    {%- do run_query('create view ' ~ source('crm', table) ~ ' as select * from ' ~ reader) -%}
{% endmacro %}


{#
  SQL that reads a CSV file with every column as text. The columns are those of its first line, and the separator is
  the one with which that line names most of them: an engine that guesses from the rows takes an odd row for the header
  and drops what is above it.

  Arguments:
    table  name in the raw contract
    file   path of the file
#}
{% macro csv_reader(table, file) %}
    {%- set expected = raw_contract(table)['columns'] | map(attribute='name') | list -%}
    {%- set first_lines = run_query(
        "select line from " ~ csv_read(file, {'line': 'varchar'}, '\x01', quoted=false, header=false) ~ " limit 1"
    ) -%}
    {%- if not first_lines | length -%}
        {{ stop("file " ~ file ~ " is empty; export it again, with the columns' names in its first line, or take it away") }}
    {%- endif -%}
    {%- set line = first_lines[0][0] or '' -%}
    {%- if '\x00' in line -%}
        {{ stop("file " ~ file ~ " is not UTF-8 text; export it again as UTF-8") }}
    {%- endif -%}
    {%- set best = {'known': 0, 'delimiter': ',', 'names': []} -%}
    {%- for delimiter in [',', ';', '\t', '|'] -%}
        {%- set names = header_names(line, delimiter) -%}
        {%- set known = names | map('lower') | select('in', expected) | list | length -%}
        {%- if known > best['known'] -%}
            {%- do best.update({'known': known, 'delimiter': delimiter, 'names': names}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not best['known'] -%}
        {{ stop("the first line of file " ~ file ~ " names no column of the table '" ~ table ~ "'; it must name the columns, in UTF-8, with a comma, semicolon, tab or bar between them (docs/raw_contract.md)") }}
    {%- endif -%}
    {%- set columns = {} -%}
    {%- set seen = [] -%}
    {%- for name in best['names'] -%}
        {%- if name and name | lower in seen -%}
            {{ stop("file " ~ file ~ " names the column '" ~ name ~ "' twice; rename or remove one of the two") }}
        {%- endif -%}
        {%- do seen.append(name | lower) -%}
        {%- do columns.update({name or 'unnamed_column_' ~ loop.index: 'varchar'}) -%}
    {%- endfor -%}
    {{ return(csv_read(file, columns, best['delimiter'])) }}
{% endmacro %}


{# The names in the first line of a CSV file, without quotes and without the spaces around them. #}
{% macro header_names(line, delimiter) %}
    {%- set names = [] -%}
    {%- set one = modules.re.escape(delimiter) -%}
    {%- for found in modules.re.findall('(?:^|' ~ one ~ ')( *"(?:[^"]|"")*" *|[^' ~ one ~ ']*)', line) -%}
        {%- set name = found.strip() -%}
        {%- do names.append((name[1:-1].replace('""', '"') if name.startswith('"') and name.endswith('"') and name | length > 1 else name).strip()) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}


{#
  A call of the engine's CSV reader that guesses nothing. Lines may be up to 16 MB long. Without a header, lines that
  cannot be read are passed over.

  Arguments:
    file       path of the file
    columns    name → type
    delimiter  one character
    quoted     whether fields may stand in double quotes
    header     whether the first line names the columns
#}
{% macro csv_read(file, columns, delimiter, quoted=true, header=true) %}
    {%- set types = [] -%}
    {%- for name, type in columns.items() -%}{%- do types.append("'" ~ sql_text(name) ~ "': '" ~ type ~ "'") -%}{%- endfor -%}
    {%- set quote = '"' if quoted else '' -%}
    {{ return(
        "read_csv('" ~ sql_text(file) ~ "', auto_detect = false, header = " ~ header | lower
        ~ ", columns = {" ~ types | join(', ') ~ "}, delim = '" ~ delimiter ~ "', quote = '" ~ quote ~ "', escape = '" ~ quote
        ~ "', strict_mode = " ~ header | lower ~ ", max_line_size = 16777216, buffer_size = 33554432"
        ~ ("" if header else ", ignore_errors = true") ~ ")"
    ) }}
{% endmacro %}


{#
  Every line of a CSV file can be read. This reads the whole file once, 300 MB in less than a second; models would meet
  the same line later, in the engine's words.

  Arguments:
    file    path of the file
    reader  SQL that reads it
#}
{% macro check_csv_lines(file, reader) %}
    {%- do run_query('drop table if exists raw_file_errors') -%}
    {%- do run_query('drop table if exists raw_file_scans') -%}
    {%- do run_query(
        'select count(columns(*)) from '
        ~ reader[:-1] ~ ", store_rejects = true, rejects_table = 'raw_file_errors', rejects_scan = 'raw_file_scans')"
    ) -%}
    {%- set wrong = run_query('select line, error_type from raw_file_errors order by line, error_type limit 1') -%}
    {%- if wrong | length -%}
        {%- set reasons = {
            'TOO MANY COLUMNS': 'has more fields than the first line has names; put double quotes around a field that holds the separator',
            'MISSING COLUMNS': 'has fewer fields than the first line has names; give every line all its fields, and close every double quote',
            'UNQUOTED VALUE': 'opens a double quote and does not close it; close it, or write it twice where it is part of the text',
            'INVALID ENCODING': 'is not UTF-8; export the file again as UTF-8',
            'LINE SIZE OVER MAXIMUM': 'is longer than 16 MB; close every double quote, and leave out texts of that length',
        } -%}
        {{ stop("line " ~ wrong[0][0] ~ " of file " ~ file ~ " " ~ reasons.get(wrong[0][1] | string, 'cannot be read as CSV; export the file again')) }}
    {%- endif -%}
{% endmacro %}


{# A text inside single quotes in SQL. #}
{% macro sql_text(text) %}{{ return(text | replace("'", "''")) }}{% endmacro %}


{#
  Does a file begin and end like Parquet? Files over 64 MB are believed: looking at their ends would read all of them.
  `make build` looks at those, too, before it starts dbt.
#}
{% macro is_parquet(file) %}
    {{ return(is_large(file) or run_query(
        "select hex(content[1:4]) = '50415231' and hex(content[-4:]) = '50415231' from read_blob('" ~ sql_text(file) ~ "')"
    )[0][0]) }}
{% endmacro %}

{# Does a file begin like one that gzip wrote? Files over 64 MB are believed. #}
{% macro is_gzip(file) %}
    {{ return(is_large(file) or run_query("select hex(content[1:2]) = '1F8B' from read_blob('" ~ sql_text(file) ~ "')")[0][0]) }}
{% endmacro %}

{#
  Are there, outside of quotes, lines that end with a carriage return and lines that do not? The engine's reader gives
  up on them. Files over 64 MB are believed, see is_parquet.
#}
{% macro has_mixed_line_ends(file) %}
    {{ return(not is_large(file) and run_query(
        "select coalesce(max(case when regexp_matches(unquoted, '\r') then regexp_matches(unquoted, '(^|[^\r])\n') or regexp_matches(unquoted, '\r[^\n]') "
        ~ "and regexp_matches(unquoted, '\n') end), false) from (select regexp_replace(text, '\"[^\"]*\"', '', 'g') as unquoted "
        ~ "from (select try(decode(content)) as text from read_blob('" ~ sql_text(file) ~ "')) where contains(text, chr(13)))"
    )[0][0]) }}
{% endmacro %}

{# Is a file larger than 64 MB? #}
{% macro is_large(file) %}
    {{ return(run_query("select size > 67108864 from read_blob('" ~ sql_text(file) ~ "')")[0][0]) }}
{% endmacro %}
