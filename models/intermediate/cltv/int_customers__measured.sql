{{ config(materialized='view') }}

-- All that the value methods need to know of each customer: what came in, the history, the cohort, the predictions.
-- A view: one model reads it.
with

customers as (

    select * from {{ ref('dim_customers') }}

),

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

realised as (

    select * from {{ ref('int_customers__realised') }}

),

histories as (

    select * from {{ ref('int_purchase_histories') }}
    where origin_id = 'now'

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

),

joined as (

    select
        customers.customer_key,
        customers.acquisition_channel,
        customers.channel_group,
        customers.customer_type,
        customers.country,
        customers.region,
        as_of.as_of_date,
        histories.first_purchased_on,
        histories.frequency,
        histories.recency_days,
        histories.age_days,
        realised.purchase_orders,
        coalesce(realised.net_revenue, 0) as realised_net_revenue,
        case when realised.customer_key is null then 0 else realised.gross_margin end as realised_gross_margin,
        coalesce(realised.subscription_net_revenue, 0) as realised_subscription_net_revenue,
        realised.purchase_net_revenue,
        realised.purchase_gross_margin,
        -- whoever has done nothing yet has cost nothing, as far as there are rates
        case when contribution.customer_key is null then 0 else contribution.contribution end as realised_contribution,
        contribution.contribution_reason,
        realised.purchase_gross_margin - contribution.cost_to_serve as purchase_contribution,
        service_costs.service_cost_per_order,
        -- a customer of last week has not shown a rate yet: nobody's rate is read from less than this many days
        greatest(histories.age_days, {{ count_variable('run_rate_floor_days', 1) }}) as rate_days,
        retention.yearly_retention,
        retention.lifespan_years,
        {% for basis in value_bases() -%}
        {% for label in value_horizons() -%}
        cohorts.{{ basis }}_next_{{ label }} + cohorts.{{ basis }}_slope_{{ label }}
        * (histories.age_days / {{ days_per_month() }} - cohorts.age_month) as expected_cohort_{{ basis }}_{{ label }},
        {% endfor -%}
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
            when histories.customer_key is null then 'no_purchase'
            when not coalesce(choice.is_fitted, false) then 'not_predicted'
            when coalesce(spend_status.is_fitted, 0) = 0 then 'orders_only'
            else 'predicted'
        end as prediction_status,
        case
            when histories.customer_key is null then 'no_purchase_up_to_as_of_date'
            when not coalesce(choice.is_fitted, false) then coalesce(choice.fit_note, 'no_customers')
            when coalesce(spend_status.is_fitted, 0) = 0 then coalesce(spend_status.note, 'no_positive_value')
        end as prediction_reason

    from customers
    cross join as_of
    left join choice
        on true
    cross join spend_status
    cross join {{ ref('int_yearly_retention') }} as retention
    left join realised
        on customers.customer_key = realised.customer_key
    left join histories
        on customers.customer_key = histories.customer_key
    left join predicted
        on customers.customer_key = predicted.customer_key
    left join {{ ref('int_customers__contribution') }} as contribution
        on customers.customer_key = contribution.customer_key
    left join {{ ref('int_customers__service_costs') }} as service_costs
        on customers.customer_key = service_costs.customer_key
    left join {{ ref('int_customers__contracted') }} as contracted
        on customers.customer_key = contracted.customer_key
    left join {{ ref('int_own_predictions') }} as own
        on
            customers.customer_key = own.customer_key
            and own.origin_id = 'now'
    left join intervals
        on
            predicted.frequency = intervals.frequency
            and predicted.cell_recency_days = intervals.recency_days
            and predicted.cell_age_days = intervals.age_days
            and (intervals.covariate_pattern = 'all' or predicted.covariate_pattern = intervals.covariate_pattern)
    left join {{ ref('int_cohort_values') }} as cohorts
        on
            {{ month_start('histories.first_purchased_on') }} = cohorts.cohort_month
            and {{ age_months('histories.age_days') }} = cohorts.age_month

)

select * from joined
