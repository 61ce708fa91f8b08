-- What each acquisition month's customers have brought by day 0, 30, 60 … of their age. Null until the youngest of
-- them is that old.
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

ages as (

    {% for days in [0, 30, 60, 90, 180, 360, 720] -%}
    select {{ days }} as age_days{{ ' union all' if not loop.last }}
    {% endfor %}

),

days_since as (

    select
        {{ month_start('first_purchases.first_purchased_on') }} as cohort_month,
        {{ days_between('first_purchases.first_purchased_on', 'purchase_days.purchased_on') }} as days_since_first,
        {{ sum_money('purchase_days.net_revenue') }} as net_revenue,
        {{ sum_if_complete('purchase_days.gross_margin') }} as gross_margin

    from purchase_days
    inner join first_purchases
        on purchase_days.customer_key = first_purchases.customer_key
    group by
        {{ month_start('first_purchases.first_purchased_on') }},
        {{ days_between('first_purchases.first_purchased_on', 'purchase_days.purchased_on') }}

),

cumulated as (

    select
        cohorts.cohort_month,
        ages.age_days,
        cohorts.customers,
        {{ add_days(month_end('cohorts.cohort_month'), 'ages.age_days') }} <= as_of.as_of_date as is_mature,
        {{ sum_money('days_since.net_revenue') }} as net_revenue,
        {{ sum_if_complete('days_since.gross_margin') }} as gross_margin

    from cohorts
    cross join ages
    cross join as_of
    inner join days_since
        on
            cohorts.cohort_month = days_since.cohort_month
            and ages.age_days >= days_since.days_since_first
    group by
        cohorts.cohort_month,
        ages.age_days,
        cohorts.customers,
        as_of.as_of_date

)

select
    {{ row_key(['cohort_month', 'age_days']) }} as cohort_value_id,
    cohort_month,
    cast(age_days as integer) as age_days,
    customers,
    case when is_mature then net_revenue end as net_revenue,
    case when is_mature then gross_margin end as gross_margin,
    case when is_mature then {{ divide('net_revenue', 'customers') }} end as net_revenue_per_customer,
    case when is_mature then {{ divide('gross_margin', 'customers') }} end as gross_margin_per_customer,
    is_mature
from cumulated
