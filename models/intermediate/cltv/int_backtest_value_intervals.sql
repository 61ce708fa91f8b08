{{ config(materialized='view') }}

-- Where the value that came fell in what each ensemble held possible, per customer and date of the past at which
-- intervals are drawn. A value of nothing lies within the probability of no purchase; any other between two quantiles.
-- A view: one model reads it.
{%- set levels = quantile_levels() %}
with

foreseen as (

    select
        predicted.prediction_id,
        predicted.origin_id,
        predicted.model_name,
        cast(greatest(outcomes.holdout_net_revenue, 0) as {{ double_type() }}) as actual_value,
        {% for quantile in levels -%}
        predicted.value_ratio_base * intervals.value_ratio_{{ quantile }} as value_{{ quantile }},
        {% endfor -%}
        1 - case origins.horizon_label
            {%- for label in ['3m', '6m', '12m'] %}
            when '{{ label }}' then predicted.probability_active_{{ label }}
            {%- endfor %}
        end as probability_of_nothing

    from {{ ref('int_customers__predicted') }} as predicted
    inner join {{ ref('int_prediction_origins') }} as origins
        on
            predicted.origin_id = origins.origin_id
            and origins.origin_kind = 'backtest'
            and origins.has_intervals
    inner join {{ ref('int_purchase_cell_intervals') }} as intervals
        on
            predicted.origin_id = intervals.origin_id
            and predicted.model_name = intervals.model_name
            and predicted.frequency = intervals.frequency
            and predicted.cell_recency_days = intervals.recency_days
            and predicted.cell_age_days = intervals.age_days
            and predicted.purchase_count = intervals.purchase_count
            and (intervals.covariate_pattern = 'all' or predicted.covariate_pattern = intervals.covariate_pattern)
    inner join {{ ref('int_backtest_outcomes') }} as outcomes
        on
            predicted.origin_id = outcomes.origin_id
            and predicted.customer_key = outcomes.customer_key
    -- without a spend model there is no value to have an interval of
    where intervals.value_ratio_p50 is not null

)

select
    *,
    case
        when actual_value = 0 then 0
        else greatest(
            probability_of_nothing,
            case
                {%- for quantile in levels | reverse %}
                when value_{{ quantile }} < actual_value then {{ levels[quantile] }}e0
                {%- endfor %}
                else 0
            end
        )
    end as probability_below,
    case
        when actual_value = 0 then probability_of_nothing
        else greatest(
            probability_of_nothing,
            case
                {%- for quantile in levels %}
                when value_{{ quantile }} >= actual_value then {{ levels[quantile] }}e0
                {%- endfor %}
                else 1
            end
        )
    end as probability_up_to
from foreseen
