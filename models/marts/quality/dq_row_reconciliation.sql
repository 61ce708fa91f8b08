-- For each raw table: what came in and what became of it. A test on each base table holds its rows against the raw
-- table itself.
with

statuses as (

    {% for table in built_tables() -%}
    select
        '{{ table }}' as table_name,
        count(*) as raw_rows,
        coalesce({{ count_if("row_status = 'accepted'") }}, 0) as accepted_rows,
        coalesce({{ count_if("row_status = 'rejected'") }}, 0) as rejected_rows,
        coalesce({{ count_if("row_status = 'after_as_of'") }}, 0) as rows_after_as_of,
        coalesce({{ count_if("row_status = 'erased'") }}, 0) as erased_rows
    from {{ ref('base_crm__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    table_name,
    cast(raw_rows as {{ dbt.type_bigint() }}) as raw_rows,
    cast(accepted_rows as {{ dbt.type_bigint() }}) as accepted_rows,
    cast(rejected_rows as {{ dbt.type_bigint() }}) as rejected_rows,
    cast(rows_after_as_of as {{ dbt.type_bigint() }}) as rows_after_as_of,
    cast(erased_rows as {{ dbt.type_bigint() }}) as erased_rows
from statuses
