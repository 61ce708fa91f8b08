-- Every raw row that was judged, grouped by what the quality marts ask of it: one pass over each base table.
-- depends_on: {{ ref('expected_columns') }}
with

grouped as (

    {% for table in built_tables() -%}
    {{ row_groups(table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

numbered as (

    select
        row_number() over (
            order by
                table_name,
                event_on,
                reject_reason,
                is_trimmed,
                is_blanked,
                is_unreadable,
                is_contradicting,
                is_incomplete,
                landing_days
        ) as row_group_id,
        *
    from grouped

)

select * from numbered
