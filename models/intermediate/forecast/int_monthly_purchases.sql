{{ config(materialized='view') }}

-- First and later purchases of every complete month from the first one on: what seasons are read from.
-- A view: it has a row per month.
with

months as (

    select
        activity_month,
        sum(case when is_first then amount else 0 end) as first_orders,
        sum(case when is_first then 0 else amount end) as repeat_orders
    from {{ ref('int_purchase_activity') }}
    where measure = 'orders'
    group by activity_month

),

-- a month without a purchase has a row, too; the first month may have begun before the data
spine as (

    select {{ add_months(month_start('as_of.first_order_on'), 'steps.n') }} as month_start
    from {{ ref('base_crm__as_of') }} as as_of
    inner join {{ numbers(1200) }} as steps
        on {{ month_end(add_months(month_start('as_of.first_order_on'), 'steps.n')) }} <= as_of.as_of_date

)

select
    spine.month_start,
    coalesce(months.first_orders, 0) as first_orders,
    coalesce(months.repeat_orders, 0) as repeat_orders
from spine
left join months
    on spine.month_start = months.activity_month
