-- For each raw table: what came in and what became of it. Nothing may be lost between the two.
with

raw_counts as (

    {% for table in built_tables() -%}
    select
        '{{ table }}' as table_name,
        {% if crm_table_is_on(table) -%}
        count(*) as raw_rows
    from {{ crm_source(table) }}
        {%- else -%}
        0 as raw_rows
    from {{ one_row() }}
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

statuses as (

    {% for table in built_tables() -%}
    select
        '{{ table }}' as table_name,
        coalesce({{ count_if("row_status = 'accepted'") }}, 0) as accepted_rows,
        coalesce({{ count_if("row_status = 'rejected'") }}, 0) as rejected_rows,
        coalesce({{ count_if("row_status = 'after_as_of'") }}, 0) as rows_after_as_of
    from {{ ref('base_crm__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    raw_counts.table_name,
    cast(raw_counts.raw_rows as {{ dbt.type_bigint() }}) as raw_rows,
    cast(statuses.accepted_rows as {{ dbt.type_bigint() }}) as accepted_rows,
    cast(statuses.rejected_rows as {{ dbt.type_bigint() }}) as rejected_rows,
    cast(statuses.rows_after_as_of as {{ dbt.type_bigint() }}) as rows_after_as_of
from raw_counts
inner join statuses
    on raw_counts.table_name = statuses.table_name
