{{ config(materialized='view') }}

-- What runs whether or not anybody buys: overheads by month and purpose, in the reporting currency.
-- A view: it has a row per month and purpose.
with

overheads as (

    select
        {{ month_start('booked_on') }} as cost_month,
        purpose,
        {{ to_reporting('amount', 'rate_to_reporting') }} as amount
    from {{ ref('stg_crm__overheads') }}

)

select
    {{ row_key(['cost_month', 'purpose']) }} as overhead_month_id,
    cost_month,
    purpose,
    {{ sum_money('amount') }} as amount
from overheads
group by
    cost_month,
    purpose
