-- What a back-test of orders ever sees: how many customers of a group with the same history made how many purchases.
with

placed as (

    select * from {{ ref('int_histories__placed') }}
    where origin_id like 'backtest%'

),

outcomes as (

    select * from {{ ref('int_backtest_outcomes') }}

),

cells as (

    select
        placed.origin_id,
        placed.acquisition_channel,
        placed.customer_type,
        placed.covariate_channel,
        placed.covariate_pattern,
        placed.frequency,
        placed.cell_recency_days as recency_days,
        placed.cell_age_days as age_days,
        outcomes.orders_last_year,
        outcomes.holdout_orders,
        count(*) as customers

    from placed
    inner join outcomes
        on
            placed.origin_id = outcomes.origin_id
            and placed.customer_key = outcomes.customer_key
    group by
        placed.origin_id,
        placed.acquisition_channel,
        placed.customer_type,
        placed.covariate_channel,
        placed.covariate_pattern,
        placed.frequency,
        placed.cell_recency_days,
        placed.cell_age_days,
        outcomes.orders_last_year,
        outcomes.holdout_orders

)

select
    {{ row_key([
        'origin_id', 'acquisition_channel', 'customer_type', 'covariate_pattern', 'frequency', 'recency_days', 'age_days',
        'orders_last_year', 'holdout_orders',
    ]) }} as backtest_cell_id,
    *
from cells
