-- Orders that were foreseen beside orders that came: by the model as of a month ago, and by every forecast that was
-- published and whose time is up.
with

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

foreseen as (

    {% for label, days in {'1m': 30, '3m': 91, '12m': 365}.items() -%}
    select
        'published' as forecast_kind,
        log.as_of_date as forecast_date,
        {{ days }} as horizon_days,
        log.customer_key,
        log.expected_orders_{{ label }} as expected_orders
    from {{ ref('log_predictions') }} as log
    inner join as_of
        on as_of.as_of_date >= {{ add_days('log.as_of_date', days) }}

    union all

    {% endfor -%}
    select
        'as_of_month_before' as forecast_kind,
        origins.origin_date as forecast_date,
        30 as horizon_days,
        predicted.customer_key,
        cast(predicted.expected_orders_1m as decimal(18, 6)) as expected_orders
    from {{ ref('int_customers__predicted') }} as predicted
    inner join {{ ref('int_prediction_origins') }} as origins
        on predicted.origin_id = origins.origin_id
    inner join {{ ref('int_prediction_choice') }} as choice
        on predicted.model_name = choice.model_name
    where origins.origin_kind = 'month_before'

),

came as (

    select
        foreseen.forecast_kind,
        foreseen.forecast_date,
        foreseen.horizon_days,
        count(*) as orders

    from foreseen
    inner join {{ ref('int_customers__purchase_days') }} as purchase_days
        on
            foreseen.customer_key = purchase_days.customer_key
            and foreseen.forecast_date < purchase_days.purchased_on
            and {{ add_days('foreseen.forecast_date', 'foreseen.horizon_days') }} >= purchase_days.purchased_on
    group by
        foreseen.forecast_kind,
        foreseen.forecast_date,
        foreseen.horizon_days

),

summed as (

    select
        forecast_kind,
        forecast_date,
        horizon_days,
        count(*) as customers,
        sum(expected_orders) as expected_orders
    from foreseen
    group by
        forecast_kind,
        forecast_date,
        horizon_days

)

select
    {{ row_key(['summed.forecast_kind', 'summed.forecast_date', 'summed.horizon_days']) }} as forecast_check_id,
    summed.*,
    coalesce(came.orders, 0) as actual_orders
from summed
left join came
    on
        summed.forecast_kind = came.forecast_kind
        and summed.forecast_date = came.forecast_date
        and summed.horizon_days = came.horizon_days
