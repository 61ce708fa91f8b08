-- Each raw table: is it on, and did it bring anything?
with

reconciled as (

    select * from {{ ref('dq_row_reconciliation') }}

),

judged as (

    select
        table_name,
        raw_rows,
        accepted_rows,
        rejected_rows,
        table_name in (
            {%- for table in switched_on_tables() %}
            '{{ table }}'{{ ',' if not loop.last }}
            {%- endfor %}
        ) as is_on
    from reconciled

)

select
    *,
    case
        when not is_on then 'off'
        when accepted_rows = 0 then 'empty'
        -- one row in ten lost is no longer dirt, it is a table that was not understood
        when rejected_rows > 0.1e0 * (accepted_rows + rejected_rows) then 'degraded'
        else 'on'
    end as table_status
from judged
