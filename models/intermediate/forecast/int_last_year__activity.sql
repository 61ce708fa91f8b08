{{ config(materialized='view') }}

-- What the last year brought in the same months as those to come, told apart as the forecast tells customers apart: who
-- had bought by the day that lies as many years before the as-of date as the month before the one foreseen.
-- A view: it has a row per month, source, measure and category.
with

as_of as (

    select {{ month_start('as_of_date') }} as running_month
    from {{ ref('base_crm__as_of') }}

),

-- the twelve months to the running one stand beside the first year ahead, and again beside the second
placed as (

    select
        cast(
            {{ months_between('as_of.running_month', 'activity.activity_month') }} + years.n * 12 as integer
        ) as month_index,
        case
            when activity.there_since = 'two_years_ago' then 'existing_customers'
            when activity.there_since = 'a_year_ago' and years.n = 1 then 'existing_customers'
            else 'new_customers'
        end as forecast_source,
        activity.is_first,
        activity.measure,
        activity.category,
        activity.amount

    from {{ ref('int_purchase_activity') }} as activity
    cross join as_of
    inner join {{ numbers(2) }} as years
        on years.n > 0
    where
        activity.is_complete
        and {{ months_between('as_of.running_month', 'activity.activity_month') }} > -12

),

with_all_customers as (

    select
        month_index,
        forecast_source,
        is_first,
        measure,
        category,
        amount
    from placed

    union all

    select
        month_index,
        'all_customers' as forecast_source,
        is_first,
        measure,
        category,
        amount
    from placed

)

select
    {{ row_key(['month_index', 'forecast_source', 'is_first', 'measure', 'category']) }} as last_year_id,
    month_index,
    forecast_source,
    is_first,
    measure,
    category,
    case
        when count(amount) = count(*) then {{ exact_sum('amount', 6) }}
    end as amount
from with_all_customers
group by
    month_index,
    forecast_source,
    is_first,
    measure,
    category
