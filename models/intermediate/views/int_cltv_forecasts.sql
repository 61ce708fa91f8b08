{{ config(materialized='view') }}

-- What the shown model says of the next twelve months of each customer, now and from the back-test's dates (there of
-- the sample), with what came.
-- A view: one mart reads it.
with

choice as (

    select model_name from {{ ref('int_prediction_choice') }}

),

forecasts as (

    select
        'now' as origin_id,
        customer_key,
        as_of_date as origin_date,
        probabilistic_net_revenue_next_12m as predicted_value,
        cast(null as {{ money_sum_type() }}) as actual_value
    from {{ ref('fct_customer_cltv') }}
    where probabilistic_net_revenue_next_12m is not null

    union all

    select
        predictions.origin_id,
        predictions.customer_key,
        origins.origin_date,
        predictions.predicted_value,
        predictions.actual_value
    from {{ ref('int_backtest_values') }} as predictions
    inner join choice
        on predictions.model_name = choice.model_name
    inner join {{ ref('int_prediction_origins') }} as origins
        on predictions.origin_id = origins.origin_id
    -- half a year's forecast cannot be held beside a year's
    where origins.horizon_label = '12m'

)

select
    {{ row_key(['origin_id', 'customer_key']) }} as forecast_id,
    *
from forecasts
