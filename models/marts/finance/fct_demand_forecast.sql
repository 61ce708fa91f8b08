-- What the orders of the next 24 months ask of stock and support: units by category and hours of tickets, at what an
-- order asked for in the last year, beside what was asked for then.
with

months as (

    select * from {{ ref('int_forecast_months') }}

),

activity as (

    select * from {{ ref('int_last_year__activity') }}

),

-- each month of the last year once
last_year as (

    select * from activity
    where month_index <= 12

),

ordered as (

    select
        {{ exact_sum('amount', 6) }} as orders,
        {{ exact_sum('case when is_first then amount else 0 end', 6) }} as first_orders
    from last_year
    where
        measure = 'orders'
        and forecast_source = 'all_customers'

),

-- first orders hold other things than later ones; a ticket belongs to no order in particular
rates as (

    select
        last_year.measure,
        last_year.category,
        {{ divide(
            exact_sum('case when last_year.is_first then last_year.amount else 0 end', 6), 'max(ordered.first_orders)'
        ) }} as per_first_order,
        {{ divide(
            exact_sum('case when last_year.is_first then 0 else last_year.amount end', 6),
            'max(ordered.orders - ordered.first_orders)'
        ) }} as per_later_order,
        {{ divide(exact_sum('last_year.amount', 6), 'max(ordered.orders)') }} as per_order

    from last_year
    cross join ordered
    where
        last_year.measure in ('units', 'ticket_hours')
        and last_year.forecast_source = 'all_customers'
    group by
        last_year.measure,
        last_year.category

),

expected as (

    select
        months.*,
        rates.measure,
        rates.category,
        rates.per_order,
        case
            when rates.measure = 'ticket_hours' then months.orders * rates.per_order
            else
                months.first_orders * coalesce(rates.per_first_order, 0)
                + (months.orders - months.first_orders) * coalesce(rates.per_later_order, 0)
        end as quantity,
        {{ divide('months.orders_lower', 'months.orders') }} as ratio_lower,
        {{ divide('months.orders_upper', 'months.orders') }} as ratio_upper

    from months
    cross join rates

),

known_months as (

    select distinct month_index
    from activity

),

asked as (

    select
        month_index,
        forecast_source,
        measure,
        category,
        {{ exact_sum('amount', 6) }} as quantity
    from activity
    group by
        month_index,
        forecast_source,
        measure,
        category

)

select
    ---------- ids
    {{ row_key(['expected.forecast_month', 'expected.forecast_source', 'expected.measure', 'expected.category']) }}
        as demand_forecast_id,

    ---------- texts
    expected.forecast_source,
    expected.measure,
    expected.category,
    expected.forecast_reason,

    ---------- numbers
    cast(expected.quantity as decimal(28, 6)) as expected_quantity,
    cast(expected.quantity * expected.ratio_lower as decimal(28, 6)) as expected_quantity_lower,
    cast(expected.quantity * expected.ratio_upper as decimal(28, 6)) as expected_quantity_upper,
    cast(
        case when last_months.month_index is not null then coalesce(asked.quantity, 0) end as decimal(28, 6)
    ) as last_year_quantity,
    expected.per_order as quantity_per_order,
    expected.month_index,

    ---------- dates
    expected.forecast_month,
    expected.as_of_date
from expected
-- a month in which nothing of a category was asked for is 0, one that is not known is not
left join known_months as last_months
    on expected.month_index = last_months.month_index
left join asked
    on
        expected.month_index = asked.month_index
        and expected.forecast_source = asked.forecast_source
        and expected.measure = asked.measure
        and expected.category = asked.category
