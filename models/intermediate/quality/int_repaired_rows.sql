{{ config(materialized='view') }}

-- Every accepted row that was changed on the way in, with what was changed as one text. One pass over each base table.
{% for table in built_tables() -%}
select
    '{{ table }}|' || {{ record_key(table) }} as repaired_record_id,
    '{{ table }}' as table_name,
    {{ record_key(table) }} as record_key,
    repairs
from {{ ref('base_crm__' ~ table) }}
where
    repairs is not null
    and row_status = 'accepted'
{{ 'union all' if not loop.last }}
{% endfor %}
