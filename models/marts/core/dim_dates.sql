-- One row per day from the first order's year to the end of the year after the as-of date: the time spine.
with

bounds as (

    select
        cast({{ dbt.date_trunc('year', 'first_order_on') }} as date) as first_on,
        {{ add_days(add_months('cast(' ~ dbt.date_trunc('year', 'as_of_date') ~ ' as date)', 24), -1) }} as last_on,
        as_of_date
    from {{ ref('base_crm__as_of') }}
    where as_of_date is not null

),

days as (

    select
        {{ add_days('bounds.first_on', 'steps.n') }} as date_day,
        bounds.as_of_date

    from bounds
    inner join {{ numbers(36525) }} as steps
        on steps.n <= {{ days_between('bounds.first_on', 'bounds.last_on') }}

)

select
    date_day,
    {{ month_start('date_day') }} as month_start,
    cast({{ dbt.date_trunc('quarter', 'date_day') }} as date) as quarter_start,
    cast(extract(year from date_day) as integer) as calendar_year,
    cast(extract(month from date_day) as integer) as calendar_month,
    cast({{ day_of_week('date_day') }} as integer) as day_of_week,
    date_day <= as_of_date as is_observed
from days
