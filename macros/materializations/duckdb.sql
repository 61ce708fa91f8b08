{#
  How relations are written on DuckDB. Its DDL is transactional: until the commit everyone sees the old relation, and a
  build that is killed leaves it. The adapter's own materialisations build beside the old relation, rename both and drop
  one, and read seeds into memory to guess types; that took longer than the queries of most models. Other engines keep
  their adapter's own.
#}

{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do duckdb_make_way_for(target) -%}
    {%- call statement('main', language=model['language']) -%}
        {{- create_table_as(False, target, compiled_code, model['language']) -}}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
    {%- set target = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do duckdb_make_way_for(target) -%}
    {%- call statement('main') -%}{{ get_create_view_as_sql(target, sql) }}{%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{% materialization seed, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {#- only `dbt seed --show` prints what dbt itself has read -#}
    {%- do store_result('agate_table', response='OK', agate_table=load_agate_table() if flags.SHOW else none) -%}
    {%- do duckdb_make_way_for(target) -%}
    {%- call statement('main') -%}
        create table {{ target }} as
        select *
        from read_csv(
            {{ duckdb_text_literal(adapter.get_seed_file_path(model)) }},
            header = true, delim = {{ duckdb_text_literal(config.get('delimiter', ',')) }}, quote = '"', escape = '"',
            types = { {%- for name, type in config.get('column_types', {}).items() -%}
                {{ duckdb_text_literal(name) }}: {{ duckdb_text_literal(type) }}{{ ', ' if not loop.last }}
            {%- endfor -%} }
        )
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{# Drops what has the name of a relation that is about to be made, in the transaction that makes it. #}
{% macro duckdb_make_way_for(target) %}
    {%- set existing = load_cached_relation(target) -%}
    {%- if existing is not none and existing.type != target.type -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- elif existing is not none -%}
        {%- call statement('make_way') -%}drop {{ target.type }} if exists {{ target }}{%- endcall -%}
    {%- endif -%}
{% endmacro %}


{# A text as a literal of SQL. #}
{% macro duckdb_text_literal(text) %}{{ return("'" ~ (text | string | replace("'", "''")) ~ "'") }}{% endmacro %}


{#
  Descriptions as comments of the database, in one statement. The adapter's own first looks, twice, which columns there
  are; here a described column that is not there is an error.
#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) %}
    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append('comment on ' ~ relation.type ~ ' ' ~ relation ~ ' is ' ~ duckdb_text_literal(model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for column in model.columns.values() if column.description -%}
            {%- do comments.append('comment on column ' ~ relation ~ '.' ~ adapter.quote(column.name) ~ ' is ' ~ duckdb_text_literal(column.description)) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}{%- call statement('persist_docs') -%}{{ comments | join(';\n') }}{%- endcall -%}{%- endif -%}
{% endmacro %}
