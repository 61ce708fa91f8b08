-- Cohort sizes are those of the customers themselves, and no cohort has brought more than its customers have.
with

customers as (

    select
        {{ month_start('first_purchased_on') }} as cohort_month,
        count(*) as customers
    from {{ ref('fct_customer_cltv') }}
    where first_purchased_on is not null
    group by {{ month_start('first_purchased_on') }}

)

select
    cohorts.cohort_month,
    cohorts.customers,
    customers.customers as customers_with_that_month
from {{ ref('fct_cohort_value') }} as cohorts
left join customers
    on cohorts.cohort_month = customers.cohort_month
where
    customers.cohort_month is null
    or cohorts.customers <> customers.customers
