{{ config(materialized='view') }}

-- Customers and what they brought, by month: new ones, those who bought within the twelve months up to its end, and the
-- month's value on every rung.
-- A view: one mart reads it.
with

-- months that are over
months as (

    select month_start as value_month
    from {{ ref('dim_dates') }}
    group by month_start
    having {{ month_end('month_start') }} <= max(case when is_observed then date_day end)

),

customer_months as (

    select * from {{ ref('fct_customer_monthly_value') }}
    where customer_key <> 'guest'

),

bought as (

    select
        activity_month,
        lag(activity_month) over (partition by customer_key order by activity_month) as month_before,
        lead(activity_month) over (partition by customer_key order by activity_month) as month_after
    from customer_months
    where orders > 0

),

-- a customer is active from a month with an order until a year later, or until the next such month begins anew
changes as (

    select
        activity_month as value_month,
        case when month_before is null then 1 else 0 end as new_customers,
        1 as change_in_active
    from bought

    union all

    select
        least({{ add_months('activity_month', 12) }}, coalesce(month_after, {{ add_months('activity_month', 12) }}))
            as value_month,
        0 as new_customers,
        -1 as change_in_active
    from bought

),

changes_by_month as (

    select
        value_month,
        sum(new_customers) as new_customers,
        sum(change_in_active) as change_in_active
    from changes
    group by value_month

),

values_by_month as (

    select
        activity_month as value_month,
        {%- for basis in ladder_bases() %}
        {{ sum_if_complete(basis ~ '_restated') }} as {{ basis }},
        {%- endfor %}
        count(*) as customer_months

    from customer_months
    group by activity_month

)

select
    coalesce(changes_by_month.new_customers, 0) as new_customers,
    coalesce(changes_by_month.change_in_active, 0) as change_in_active,
    {%- for basis in ladder_bases() %}
    -- nothing came in: that is known; not known is what a month brought whose costs are not
    case when values_by_month.value_month is null then 0 else values_by_month.{{ basis }} end as {{ basis }},
    {%- endfor %}
    months.value_month
from months
left join changes_by_month
    on months.value_month = changes_by_month.value_month
left join values_by_month
    on months.value_month = values_by_month.value_month
