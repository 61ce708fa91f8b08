-- The share of one year's customers who bought again in the next: the data's own last two years.
with

as_of as (

    select
        as_of_date,
        {{ add_days('as_of_date', -730) }} as two_years_before,
        first_order_on
    from {{ ref('base_crm__as_of') }}

),

purchase_days as (

    select * from {{ ref('int_customers__purchase_days') }}

),

by_customer as (

    select
        purchase_days.customer_key,
        {{ bought_last_year() }} as bought_last_year,
        {{ bought_year_before() }} as bought_year_before

    from purchase_days
    cross join as_of
    group by purchase_days.customer_key

),

counted as (

    select
        coalesce({{ count_if('bought_year_before') }}, 0) as customers_before,
        coalesce({{ count_if('bought_year_before and bought_last_year') }}, 0) as customers_retained
    from by_customer

),

-- less than two years of orders cannot show a yearly retention, and half a year's stretched to one would be far too low
judged as (

    select
        'now' as retention_id,
        counted.customers_before,
        counted.customers_retained,
        case
            when as_of.first_order_on is null or as_of.first_order_on > {{ add_days('as_of.two_years_before', 1) }}
                then 'history_under_two_years'
            when counted.customers_before < 20 then 'under_20_customers_in_the_year_before'
        end as retention_reason

    from counted
    cross join as_of

),

yearly as (

    select
        *,
        -- 0.95 keeps the lifespan at twenty years or below
        case
            when retention_reason is null
                then least(0.95e0, {{ divide('customers_retained', 'customers_before') }})
        end as yearly_retention

    from judged

)

select
    *,
    1 / (1 - yearly_retention) as lifespan_years
from yearly
