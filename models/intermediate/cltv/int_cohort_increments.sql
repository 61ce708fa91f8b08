-- What each acquisition cohort brought in each month of its age, and whether that month of age is fully observed.
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

cohorts as (

    select
        {{ month_start('first_purchased_on') }} as cohort_month,
        count(*) as customers
    from first_purchases
    group by {{ month_start('first_purchased_on') }}

),

-- complete months of age that even the cohort's youngest possible customer has lived through
ages as (

    select
        cohorts.cohort_month,
        cohorts.customers,
        offsets.n as age_month,
        cast(
            greatest(0, floor({{ days_between(month_end('cohorts.cohort_month'), 'as_of.as_of_date') }} / {{ days_per_month() }}))
            as integer
        ) as observed_months

    from cohorts
    cross join as_of
    inner join {{ numbers(480) }} as offsets
        on offsets.n <= {{ days_between('cohorts.cohort_month', 'as_of.as_of_date') }} / {{ days_per_month() }}

),

brought as (

    select
        {{ month_start('first_purchases.first_purchased_on') }} as cohort_month,
        cast(
            floor({{ days_between('first_purchases.first_purchased_on', 'purchase_days.purchased_on') }} / {{ days_per_month() }})
            as integer
        ) as age_month,
        {{ sum_money('purchase_days.net_revenue') }} as net_revenue,
        {{ sum_if_complete('purchase_days.gross_margin') }} as gross_margin

    from purchase_days
    inner join first_purchases
        on purchase_days.customer_key = first_purchases.customer_key
    group by
        {{ month_start('first_purchases.first_purchased_on') }},
        cast(
            floor({{ days_between('first_purchases.first_purchased_on', 'purchase_days.purchased_on') }} / {{ days_per_month() }})
            as integer
        )

)

select
    {{ row_key(['ages.cohort_month', 'ages.age_month']) }} as cohort_age_id,
    ages.cohort_month,
    ages.age_month,
    ages.customers,
    ages.observed_months,
    ages.age_month < ages.observed_months as is_mature,
    coalesce(brought.net_revenue, 0) as net_revenue,
    case when brought.cohort_month is null then 0 else brought.gross_margin end as gross_margin
from ages
left join brought
    on
        ages.cohort_month = brought.cohort_month
        and ages.age_month = brought.age_month
