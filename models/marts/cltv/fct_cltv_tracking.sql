-- Repeat purchases per four weeks and in sum, expected beside actual, from the first customer to the end of each
-- holdout.
with

expected as (

    select * from {{ ref('int_backtest_tracking') }}

),

origins as (

    select * from {{ ref('int_prediction_origins') }}

),

repeats as (

    select
        customers.origin_id,
        {{ days_between('purchase_days.purchased_on', 'customers.origin_date') }} as days_before_origin,
        count(*) as purchases

    from {{ ref('int_origin_customers') }} as customers
    inner join {{ ref('int_customers__purchase_days') }} as purchase_days
        on
            customers.customer_key = purchase_days.customer_key
            and {{ add_days('customers.origin_date', 'customers.horizon_days') }} >= purchase_days.purchased_on
    where
        customers.origin_kind = 'backtest'
        and purchase_days.days_since_previous is not null
    group by
        customers.origin_id,
        {{ days_between('purchase_days.purchased_on', 'customers.origin_date') }}

),

compared as (

    select
        expected.origin_id,
        expected.model_name,
        expected.start_day,
        expected.end_day,
        max(expected.expected_orders) as expected_purchases,
        coalesce(sum(repeats.purchases), 0) as actual_purchases

    from expected
    left join repeats
        on
            expected.origin_id = repeats.origin_id
            and expected.start_day < -repeats.days_before_origin
            and expected.end_day >= -repeats.days_before_origin
    group by
        expected.origin_id,
        expected.model_name,
        expected.start_day,
        expected.end_day

)

select
    {{ row_key(['compared.origin_id', 'compared.model_name', 'compared.end_day']) }} as tracking_id,
    compared.origin_id,
    compared.model_name,
    {{ add_days('origins.origin_date', 'compared.start_day + 1') }} as period_start,
    {{ add_days('origins.origin_date', 'compared.end_day') }} as period_end,
    compared.end_day > 0 as is_holdout,
    compared.expected_purchases,
    cast(compared.actual_purchases as {{ dbt.type_bigint() }}) as actual_purchases,
    sum(compared.expected_purchases) over (
        partition by compared.origin_id, compared.model_name
        order by compared.end_day
        rows between unbounded preceding and current row
    ) as expected_purchases_so_far,
    cast(
        sum(compared.actual_purchases) over (
            partition by compared.origin_id, compared.model_name
            order by compared.end_day
            rows between unbounded preceding and current row
        ) as {{ dbt.type_bigint() }}
    ) as actual_purchases_so_far,
    origins.origin_date
from compared
inner join origins
    on compared.origin_id = origins.origin_id
