-- How every model and every simple rule would have done from each date of the past: one row per figure.
with

metrics as (

    select
        origin_id,
        model_name,
        scope,
        scope_value,
        metric,
        estimate,
        customers
    from {{ ref('int_backtest_order_metrics') }}
    where scope <> 'holdout_orders'

    union all

    select
        origin_id,
        model_name,
        scope,
        scope_value,
        metric,
        estimate,
        customers
    from {{ ref('int_backtest_value_metrics') }}

),

origins as (

    select * from {{ ref('int_prediction_origins') }}

)

select
    {{ row_key(['metrics.origin_id', 'metrics.model_name', 'metrics.scope', 'metrics.scope_value', 'metrics.metric']) }}
        as backtest_id,
    metrics.origin_id,
    metrics.model_name,
    case
        when metrics.model_name in (
            'run_rate', 'last_12_months', 'segment_mean', 'hiatus_rule', 'simple_lifespan', 'retention_adjusted',
            'recency'
        ) then 'baseline'
        else 'model'
    end as model_kind,
    metrics.scope,
    metrics.scope_value,
    metrics.metric,
    metrics.estimate,
    cast(metrics.customers as {{ dbt.type_bigint() }}) as customers,
    origins.horizon_label,
    origins.horizon_days,
    origins.origin_date
from metrics
inner join origins
    on metrics.origin_id = origins.origin_id
