-- Predicted beside actual: by tenth of the prediction, and how many customers made how many purchases.
with

metrics as (

    select * from {{ ref('int_backtest_order_metrics') }}
    where
        scope in ('decile', 'holdout_orders')
        and metric in ('predicted_orders', 'actual_orders', 'predicted_customers', 'actual_customers')

),

sided as (

    select
        origin_id,
        model_name,
        scope,
        scope_value,
        max(case when metric in ('predicted_orders', 'predicted_customers') then estimate end) as predicted,
        max(case when metric in ('actual_orders', 'actual_customers') then estimate end) as actual,
        max(customers) as customers

    from metrics
    group by
        origin_id,
        model_name,
        scope,
        scope_value

)

select
    {{ row_key(['sided.origin_id', 'sided.model_name', 'sided.scope', 'sided.scope_value']) }} as calibration_id,
    sided.origin_id,
    sided.model_name,
    sided.scope as calibration_kind,
    sided.scope_value as calibration_group,
    cast(sided.customers as {{ dbt.type_bigint() }}) as customers,
    sided.predicted,
    sided.actual,
    origins.origin_date,
    origins.horizon_days
from sided
inner join {{ ref('int_prediction_origins') }} as origins
    on sided.origin_id = origins.origin_id
