-- Every raw row that could not be used, with its reason and what it said. Personal data is masked.
with

rejected as (

    {% for table in built_tables() -%}
    {{ rejected_rows(table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

numbered as (

    select
        *,
        row_number() over (
            partition by table_name, record_key, reason_code
            order by row_payload
        ) as repeat_number

    from rejected

)

select
    {{ row_key(['table_name', 'record_key', 'reason_code', 'repeat_number']) }} as rejected_row_id,
    numbered.table_name,
    numbered.record_key,
    numbered.reason_code,
    numbered.event_on,
    numbered.amount,
    numbered.currency,
    numbered.amount_reporting,
    numbered.row_payload
from numbered
