-- The share of each acquisition month's customers who bought again, month by month. A month that is not over is
-- null, never low.
with

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

purchase_days as (

    select * from {{ ref('int_customers__purchase_days') }}

),

first_purchases as (

    select
        customer_key,
        {{ month_start('min(purchased_on)') }} as cohort_month
    from purchase_days
    group by customer_key

),

cohorts as (

    select
        cohort_month,
        count(*) as customers
    from first_purchases
    group by cohort_month

),

-- every cohort has a row for every month since, also for those in which nobody came back
months as (

    select
        cohorts.cohort_month,
        cohorts.customers,
        steps.n as months_since_acquisition,
        {{ add_months('cohorts.cohort_month', 'steps.n') }} as activity_month,
        as_of.as_of_date

    from cohorts
    cross join as_of
    inner join {{ numbers(600) }} as steps
        on steps.n <= {{ months_between('cohorts.cohort_month', 'as_of.as_of_date') }}

),

-- a customer counts once a month, however many purchases
active_months as (

    select
        customer_key,
        {{ month_start('purchased_on') }} as activity_month
    from purchase_days
    group by
        customer_key,
        {{ month_start('purchased_on') }}

),

active as (

    select
        first_purchases.cohort_month,
        active_months.activity_month,
        count(*) as active_customers

    from active_months
    inner join first_purchases
        on active_months.customer_key = first_purchases.customer_key
    group by
        first_purchases.cohort_month,
        active_months.activity_month

),

joined as (

    select
        months.*,
        coalesce(active.active_customers, 0) as active_customers,
        {{ month_end('months.activity_month') }} <= months.as_of_date as is_mature

    from months
    left join active
        on
            months.cohort_month = active.cohort_month
            and months.activity_month = active.activity_month

)

select
    {{ row_key(['cohort_month', 'months_since_acquisition']) }} as cohort_retention_id,
    cohort_month,
    cast(months_since_acquisition as integer) as months_since_acquisition,
    activity_month,
    customers,
    case when is_mature then active_customers end as active_customers,
    case when is_mature then {{ divide('active_customers', 'customers') }} end as retention_rate,
    is_mature
from joined
