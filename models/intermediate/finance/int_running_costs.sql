{{ config(materialized='view') }}

-- What a month costs at the rate of the last twelve complete months, or as many as there are, one row: to win
-- customers, to serve them beyond what is paid by use, and to run the business.
with

as_of as (

    select
        {{ add_months(month_start(add_days('as_of_date', 1)), -1) }} as last_month,
        {{ month_start('first_order_on') }} as first_order_month
    from {{ ref('base_crm__as_of') }}

),

last_year as (

    select
        last_month,
        greatest({{ add_months('last_month', -11) }}, first_order_month) as first_month
    from as_of

),

won as (

    select sum(purchases.first_orders) as customers_won
    from {{ ref('int_monthly_purchases') }} as purchases
    inner join last_year
        on purchases.month_start between last_year.first_month and last_year.last_month

),

acquisition as (

    select sum(booked.amount) as amount
    from {{ ref('int_marketing_costs') }} as booked
    inner join last_year
        on booked.cost_month between last_year.first_month and last_year.last_month
    where booked.objective = 'acquire'

),

overheads as (

    select
        sum(case when overheads.purpose = 'general' then overheads.amount end) as general_amount,
        sum(case when overheads.purpose = 'service' then overheads.amount end) as service_amount

    from {{ ref('int_overheads__monthly') }} as overheads
    inner join last_year
        on overheads.cost_month between last_year.first_month and last_year.last_month

)

select
    'now' as running_cost_id,
    won.customers_won,
    {{ divide('acquisition.amount', 'won.customers_won') }} as cost_per_new_customer,
    {%- for purpose in ['general', 'service'] %}
    {{ divide(
        'overheads.' ~ purpose ~ '_amount', months_between('last_year.first_month', 'last_year.last_month') ~ ' + 1'
    ) }} as {{ purpose }}_cost_per_month,
    {%- endfor %}
    last_year.first_month,
    last_year.last_month
from last_year
cross join won
cross join acquisition
cross join overheads
