-- Every planted defect that must be repaired was, under its code, and no clean row was: precision and recall are
-- both 100 %.
{{ config(enabled=demo_is_as_planted()) }}
with

planted as (

    select
        table_name,
        coalesce(record_key, '') as record_key,
        code,
        sum(row_count) as row_count
    from {{ ref('demo_planted_defects') }}
    where treatment = 'repaired'
    group by
        table_name,
        coalesce(record_key, ''),
        code

),

found as (

    select
        table_name,
        record_key,
        rule_code as code,
        -- a row that was trimmed in two columns is one repaired row
        1 as row_count
    from {{ ref('dq_repaired_rows') }}
    group by
        table_name,
        record_key,
        rule_code

)

select
    coalesce(planted.table_name, found.table_name) as table_name,
    coalesce(planted.record_key, found.record_key) as record_key,
    planted.code as planted_code,
    found.code as found_code,
    planted.row_count as planted_rows,
    found.row_count as found_rows
from planted
full outer join found
    on
        planted.table_name = found.table_name
        and planted.record_key = found.record_key
        and planted.code = found.code
where coalesce(planted.row_count, 0) <> coalesce(found.row_count, 0)
