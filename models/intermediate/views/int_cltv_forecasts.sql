{{ config(materialized='view') }}

-- What the shown model says of the next twelve months of each customer, now and from the back-test's dates (there of
-- the sample), with what came.
-- A view: one mart reads it.
with

as_of as (

    select
        as_of_date,
        {{ add_months(month_start(add_days('as_of_date', 1)), -1) }} as last_month
    from {{ ref('base_crm__as_of') }}

),

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
    {{ row_key(['forecasts.origin_id', 'forecasts.customer_key']) }} as forecast_id,
    forecasts.*,
    -- today's forecast belongs to the last month that is over, the others to as many months before as they are old
    {{ add_months(
        'as_of.last_month',
        '-' ~ 'cast(round(' ~ days_between('forecasts.origin_date', 'as_of.as_of_date') ~ ' / ' ~ days_per_month() ~ ', 0) as integer)'
    ) }} as value_month
from forecasts
cross join as_of
