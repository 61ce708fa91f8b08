-- What each cohort brought in each month of its age, first purchases apart, and whether that month is over for all.
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
        min(purchased_on) as first_purchased_on
    from purchase_days
    group by customer_key

),

aged as (

    select
        purchase_days.customer_key,
        {{ month_start('first_purchases.first_purchased_on') }} as cohort_month,
        purchase_days.purchased_on = first_purchases.first_purchased_on as is_first_day,
        {{ age_months(days_between('first_purchases.first_purchased_on', 'purchase_days.purchased_on')) }} as age_month,
        purchase_days.net_revenue,
        purchase_days.gross_margin

    from purchase_days
    inner join first_purchases
        on purchase_days.customer_key = first_purchases.customer_key

),

-- the first purchase made the customer: it is the cohort's level, not its growth
cohorts as (

    select
        cohort_month,
        count(*) as customers,
        {{ sum_money('net_revenue') }} as first_day_net_revenue,
        {{ sum_if_complete('gross_margin') }} as first_day_gross_margin

    from aged
    where is_first_day
    group by cohort_month

),

brought as (

    select
        cohort_month,
        age_month,
        {{ sum_money('net_revenue') }} as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin

    from aged
    where not is_first_day
    group by
        cohort_month,
        age_month

),

-- every month of age that somebody in the cohort has begun, also those in which nobody bought
ages as (

    select
        cohorts.*,
        steps.n as age_month,
        greatest(0, {{ age_months(days_between(month_end('cohorts.cohort_month'), 'as_of.as_of_date')) }})
            as observed_months

    from cohorts
    cross join as_of
    inner join {{ numbers(600) }} as steps
        on steps.n <= {{ age_months(days_between('cohorts.cohort_month', 'as_of.as_of_date')) }}

)

select
    {{ row_key(['ages.cohort_month', 'ages.age_month']) }} as cohort_age_id,
    ages.cohort_month,
    ages.age_month,
    ages.customers,
    ages.first_day_net_revenue,
    ages.first_day_gross_margin,
    ages.observed_months,
    ages.age_month < ages.observed_months as is_mature,
    coalesce(brought.net_revenue, 0) as net_revenue,
    case when brought.cohort_month is null then 0 else brought.gross_margin end as gross_margin
from ages
left join brought
    on
        ages.cohort_month = brought.cohort_month
        and ages.age_month = brought.age_month
