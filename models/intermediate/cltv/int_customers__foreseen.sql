{{ config(materialized='view') }}

-- What the models foresee of each customer, beside what is known of them: all that the value methods need.
-- A view: one model reads it.
with

measured as (

    select * from {{ ref('int_customers__measured') }}

),

choice as (

    select * from {{ ref('int_prediction_choice') }}

),

predicted as (

    select predictions.*
    from {{ ref('int_customers__predicted') }} as predictions
    inner join choice
        on predictions.model_name = choice.model_name
    where predictions.origin_id = 'now'

),

intervals as (

    select intervals.*
    from {{ ref('int_purchase_cell_intervals') }} as intervals
    inner join choice
        on intervals.model_name = choice.model_name
    where intervals.origin_id = 'now'

),

spend_status as (

    select
        max(case when value_basis = 'net_revenue' then estimate end) as is_fitted,
        max(case when value_basis = 'net_revenue' then note end) as note
    from {{ ref('int_spend_model_fits') }}
    where
        origin_id = 'now'
        and name = 'fit_status'

)

select
    measured.*,
    {% for basis in value_bases() -%}
    predicted.expected_order_{{ basis }},
    {% endfor -%}
    {% for label in order_horizons() -%}
    predicted.expected_orders_{{ label }},
    {% endfor -%}
    predicted.discounted_orders_36m,
    predicted.probability_alive,
    predicted.probability_active_12m,
    predicted.value_ratio_base,
    own.expected_net_revenue as own_expected_net_revenue,
    contracted.contractual_revenue_next_12m,
    contracted.contractual_revenue_next_24m,
    contracted.contractual_revenue_discounted_36m,
    {% for quantile in quantiles() -%}
    intervals.orders_{{ quantile }},
    intervals.value_ratio_{{ quantile }},
    {% endfor -%}
    case when predicted.customer_key is not null then choice.purchase_model end as purchase_model,
    case when predicted.customer_key is not null then choice.prediction_grade end as prediction_grade,
    case when predicted.customer_key is not null then choice.grade_reason end as grade_reason,
    case
        when measured.frequency is null then 'no_purchase'
        when not coalesce(choice.is_fitted, false) then 'not_predicted'
        when coalesce(spend_status.is_fitted, 0) = 0 then 'orders_only'
        else 'predicted'
    end as prediction_status,
    case
        when measured.frequency is null then 'no_purchase_up_to_as_of_date'
        when not coalesce(choice.is_fitted, false) then coalesce(choice.fit_note, 'no_customers')
        when coalesce(spend_status.is_fitted, 0) = 0 then coalesce(spend_status.note, 'no_positive_value')
    end as prediction_reason
from measured
left join choice
    on true
cross join spend_status
left join predicted
    on measured.customer_key = predicted.customer_key
left join {{ ref('int_customers__contracted') }} as contracted
    on measured.customer_key = contracted.customer_key
left join {{ ref('int_own_predictions') }} as own
    on
        measured.customer_key = own.customer_key
        and own.origin_id = 'now'
left join intervals
    on
        predicted.frequency = intervals.frequency
        and predicted.cell_recency_days = intervals.recency_days
        and predicted.cell_age_days = intervals.age_days
        and predicted.purchase_count = intervals.purchase_count
        and (intervals.covariate_pattern = 'all' or predicted.covariate_pattern = intervals.covariate_pattern)
