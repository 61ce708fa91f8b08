-- Has the business moved away from its models: inputs, parameters, and last month's forecast against what came.
with

figures as (

    select
        drift_kind,
        figure_name,
        value_before,
        value_now,
        distance
    from {{ ref('int_cltv_drift_figures') }}

    union all

    -- chance alone moves a count by about its root: only what lies beyond two of these counts as distance
    select
        'forecast' as drift_kind,
        {{ row_key(['forecast_kind', 'forecast_date', 'horizon_days']) }} as figure_name,
        cast(expected_orders as {{ double_type() }}) as value_before,
        cast(actual_orders as {{ double_type() }}) as value_now,
        greatest(
            0,
            {{ divide('abs(actual_orders - expected_orders) - 2 * sqrt(expected_orders)', 'expected_orders') }}
        ) as distance
    from {{ ref('int_forecast_checks') }}

)

select
    {{ row_key(['figures.drift_kind', 'figures.figure_name']) }} as drift_id,
    figures.drift_kind,
    figures.figure_name,
    figures.value_before,
    figures.value_now,
    figures.distance,
    rules.hold_below,
    rules.refit_from,
    case
        when figures.distance is null then 'unknown'
        when figures.distance < rules.hold_below then 'hold'
        when figures.distance < rules.refit_from then 'alert'
        else 'refit'
    end as drift_status,
    rules.meaning as drift_reason,
    as_of.as_of_date
from figures
inner join {{ ref('drift_rules') }} as rules
    on figures.drift_kind = rules.drift_kind
cross join {{ ref('base_crm__as_of') }} as as_of
