{# Engine-specific SQL lives in this folder and nowhere else: one dispatched macro per need, DuckDB and Spark. #}

{# Money in the reporting currency: exact cents. #}
{% macro money_type() %}{{ return('decimal(18, 2)') }}{% endmacro %}

{# Sums of money: the same cents with room for the sum. #}
{% macro money_sum_type() %}{{ return('decimal(28, 2)') }}{% endmacro %}

{# 64-bit floating point. #}
{% macro double_type() %}{{ return('double') }}{% endmacro %}

{# Is this type, as the adapter names it, a text? #}
{% macro is_text_type(raw_type) %}
    {{ return(raw_type.split('(')[0] in ['VARCHAR', 'STRING', 'TEXT', 'CHAR', 'BPCHAR', '"NULL"', 'ENUM']) }}
{% endmacro %}

{#
  Can a column of this type, as the adapter names it, become a type of the raw contract? An engine refuses some casts
  before it has seen a row, and then no safe cast helps.
#}
{% macro type_fits(raw_type, contract_type_name) %}
    {%- set name = (raw_type | upper).split('(')[0].strip() -%}
    {%- set is_number = name in [
        'TINYINT', 'SMALLINT', 'INTEGER', 'INT', 'BIGINT', 'HUGEINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT',
        'UHUGEINT', 'FLOAT', 'DOUBLE', 'REAL', 'DECIMAL', 'NUMERIC', 'BYTE', 'SHORT', 'LONG',
    ] and not raw_type.endswith(']') -%}
    {%- if contract_type_name == 'text' or is_text_type(raw_type | upper) -%}{{ return(true) }}{%- endif -%}
    {%- if contract_type_name in ('timestamp', 'date') -%}
        {{ return(name == 'DATE' or name.startswith('TIMESTAMP') or name.startswith('DATETIME')) }}
    {%- endif -%}
    {{ return(is_number or (contract_type_name == 'boolean' and name in ('BOOLEAN', 'BOOL'))) }}
{% endmacro %}

{# Text without the spaces around it (any white space, not only blanks). #}
{% macro trim_text(text) %}{{ return(adapter.dispatch('trim_text', 'crm_cltv')(text)) }}{% endmacro %}
{% macro duckdb__trim_text(text) %}{{ return("trim(" ~ text ~ ", ' ' || chr(9) || chr(10) || chr(13) || chr(160))") }}{% endmacro %}
{% macro spark__trim_text(text) %}{{ return("trim(both concat(' ', char(9), char(10), char(13), char(160)) from " ~ text ~ ")") }}{% endmacro %}

{#
  Trimmed text; null where nothing is said: empty, blanks, or the word NULL. Nearly every text is clean already, and
  trimming is several times as dear as looking whether there is something to trim.
#}
{% macro clean_text(text) %}
    {%- set trimmed = trim_text(text) -%}
    {{ return(
        'case when ' ~ may_need_cleaning(text) ~ ' then case when lower(' ~ trimmed ~ ") not in ('', 'null') then " ~ trimmed ~ ' end else ' ~ text ~ ' end'
    ) }}
{% endmacro %}

{# A cheap test that is true of every text with white space around it, of the empty text and of the word NULL. #}
{% macro may_need_cleaning(text) %}{{ return(adapter.dispatch('may_need_cleaning', 'crm_cltv')(text)) }}{% endmacro %}
{#
  Between ! and ~ lie the characters of ASCII that can be seen: a text that begins and ends with one has no white space
  around it. A text that does not, such as one that ends with an accent, is only looked at more closely.
#}
{% macro duckdb__may_need_cleaning(text) %}
    {{ return(
        text ~ " not between '!' and '~' or substring(" ~ text ~ ", -1, 1) not between '!' and '~' or (strlen(" ~ text ~ ") = 4 and " ~ text ~ " ilike 'null')"
    ) }}
{% endmacro %}
{% macro spark__may_need_cleaning(text) %}{{ return('true') }}{% endmacro %}

{# Does a text have this form? The pattern is a regular expression without backslashes, which engines read differently. #}
{% macro has_form(text, pattern) %}{{ return(adapter.dispatch('has_form', 'crm_cltv')(text, pattern)) }}{% endmacro %}
{% macro duckdb__has_form(text, pattern) %}{{ return("regexp_matches(" ~ text ~ ", '" ~ pattern ~ "')") }}{% endmacro %}
{% macro spark__has_form(text, pattern) %}{{ return("(" ~ text ~ " rlike '" ~ pattern ~ "')") }}{% endmacro %}

{# Cast that gives null where it cannot. #}
{% macro safe_cast(expression, sql_type) %}{{ return(adapter.dispatch('safe_cast', 'crm_cltv')(expression, sql_type)) }}{% endmacro %}
{% macro duckdb__safe_cast(expression, sql_type) %}{{ return('try_cast(' ~ expression ~ ' as ' ~ sql_type ~ ')') }}{% endmacro %}
{% macro spark__safe_cast(expression, sql_type) %}{{ return('try_cast(' ~ expression ~ ' as ' ~ sql_type ~ ')') }}{% endmacro %}

{# Text to a timestamp in UTC without zone. A text with an offset is moved to UTC; one without is UTC already. #}
{% macro text_to_utc(text) %}{{ return(adapter.dispatch('text_to_utc', 'crm_cltv')(text)) }}{% endmacro %}
{#
  A plain cast to timestamp drops the offset without a word, so the way leads over timestamptz. Only a text that begins
  with a year of four digits is a date: the engine would take 24-12-31 for the year 24, and knows words such as infinity.
#}
{% macro duckdb__text_to_utc(text) %}
    {{ return("timezone('UTC', case when " ~ text ~ " like '____-%' or " ~ text ~ " like '____/%' then try_cast(" ~ text ~ " as timestamptz) end)") }}
{% endmacro %}
{% macro spark__text_to_utc(text) %}{{ return("cast(to_utc_timestamp(try_cast(" ~ text ~ " as timestamp), current_timezone()) as timestamp_ntz)") }}{% endmacro %}

{# A cleaned text as a contract type, null where it cannot be read. #}
{% macro cast_text(clean, contract_type_name) %}
    {%- if contract_type_name == 'timestamp' -%}
        {{ return(text_to_utc(clean)) }}
    {%- elif contract_type_name == 'date' -%}
        {{ return('cast(' ~ text_to_utc(clean) ~ ' as date)') }}
    {%- elif contract_type_name == 'boolean' -%}
        {{ return("case when lower(" ~ clean ~ ") in ('true', 't', '1', 'yes', 'y') then true when lower(" ~ clean ~ ") in ('false', 'f', '0', 'no', 'n') then false end") }}
    {%- elif contract_type_name in ('number', 'integer') -%}
        {#- infinity and not-a-number are no readings -#}
        {%- set number = safe_cast(clean, contract_type(contract_type_name)) -%}
        {{ return("case when lower(" ~ clean ~ ") not in ('nan', 'inf', '-inf', 'infinity', '-infinity') then " ~ number ~ " end") }}
    {%- endif -%}
    {{ return(safe_cast(clean, contract_type(contract_type_name))) }}
{% endmacro %}

{# A raw column that is not a text, as a contract type. #}
{% macro cast_native(raw, raw_type, contract_type_name) %}
    {%- if not type_fits(raw_type, contract_type_name) -%}
        {#- a column that holds nothing: any other was refused before the first model -#}
        {{ return('cast(null as ' ~ contract_type(contract_type_name) ~ ')') }}
    {%- endif -%}
    {%- if contract_type_name == 'timestamp' and 'TIME ZONE' in raw_type -%}
        {{ return(zoned_to_utc(raw)) }}
    {%- endif -%}
    {{ return(safe_cast(raw, contract_type(contract_type_name))) }}
{% endmacro %}

{# A timestamp that knows its zone, as UTC without zone. #}
{% macro zoned_to_utc(timestamp) %}{{ return(adapter.dispatch('zoned_to_utc', 'crm_cltv')(timestamp)) }}{% endmacro %}
{% macro duckdb__zoned_to_utc(timestamp) %}{{ return("timezone('UTC', " ~ timestamp ~ ")") }}{% endmacro %}
{% macro spark__zoned_to_utc(timestamp) %}{{ return("cast(to_utc_timestamp(" ~ timestamp ~ ", current_timezone()) as timestamp_ntz)") }}{% endmacro %}

{# A relation of one row, for selects that need none. #}
{% macro one_row() %}{{ return('(select 1 as one)') }}{% endmacro %}

{# Whole numbers wide enough for the product of two amounts in cents. #}
{% macro wide_integer_type() %}{{ return(adapter.dispatch('wide_integer_type', 'crm_cltv')()) }}{% endmacro %}
{% macro duckdb__wide_integer_type() %}{{ return('hugeint') }}{% endmacro %}
{% macro spark__wide_integer_type() %}{{ return('decimal(38, 0)') }}{% endmacro %}

{# A value as text. #}
{% macro as_text(expression) %}{{ return('cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')') }}{% endmacro %}
