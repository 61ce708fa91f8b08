-- What each customer is worth, by four methods side by side, on net revenue and on gross margin.
with

customers as (

    select * from {{ ref('int_customers__unified') }}

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

predicted as (

    select * from {{ ref('int_customers__predicted') }}
    where origin_id = 'now'

),

fit_status as (

    select
        max(estimate) as is_fitted,
        max(note) as note
    from {{ ref('int_purchase_model_fits') }}
    where
        origin_id = 'now'
        and name = 'fit_status'
        and model_name = '{{ chosen_variable('purchase_model', ['bg_nbd']) }}'

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
        predicted.probability_alive,
        predicted.probability_active_12m,
        predicted.model_name as purchase_model,
        case
            when histories.customer_key is null then 'no_purchase'
            when coalesce(fit_status.is_fitted, 0) = 0 then 'not_predicted'
            when coalesce(spend_status.is_fitted, 0) = 0 then 'orders_only'
            else 'predicted'
        end as prediction_status,
        case
            when histories.customer_key is null then 'no_purchase_up_to_as_of_date'
            when coalesce(fit_status.is_fitted, 0) = 0 then coalesce(fit_status.note, 'no_customers')
            when coalesce(spend_status.is_fitted, 0) = 0 then coalesce(spend_status.note, 'no_positive_value')
        end as prediction_reason

    from customers
    cross join as_of
    cross join fit_status
    cross join spend_status
    cross join {{ ref('int_yearly_retention') }} as retention
    left join realised
        on customers.customer_key = realised.customer_key
    left join histories
        on customers.customer_key = histories.customer_key
    left join predicted
        on customers.customer_key = predicted.customer_key
    left join {{ ref('int_cohort_values') }} as cohorts
        on
            {{ month_start('histories.first_purchased_on') }} = cohorts.cohort_month
            and {{ age_months('histories.age_days') }} = cohorts.age_month

),

valued as (

    select
        *,
        {%- for basis in value_bases() %}
        {{ simple_value(
            divide('purchase_' ~ basis, 'purchase_orders'),
            '(365e0 * purchase_orders / rate_days)',
            'lifespan_years'
        ) }} as simple_{{ basis }}_lifetime,
        {%- for label, years in value_horizons().items() %}
        {{ predicted_money('cast(purchase_' ~ basis ~ ' as ' ~ double_type() ~ ') / rate_days * ' ~ 365 * years) }}
            as historical_{{ basis }}_next_{{ label }},
        {{ simple_value(
            divide('purchase_' ~ basis, 'purchase_orders'),
            '(365e0 * purchase_orders / rate_days)',
            expected_active_years('yearly_retention', years)
        ) }} as simple_{{ basis }}_next_{{ label }},
        {{ predicted_money('expected_cohort_' ~ basis ~ '_' ~ label) }} as cohort_{{ basis }}_next_{{ label }},
        {{ predicted_money('expected_orders_' ~ label ~ ' * expected_order_' ~ basis) }}
            as probabilistic_{{ basis }}_next_{{ label }},
        {%- endfor %}
        {%- endfor %}
        realised_net_revenue as tier_base

    from joined

),

-- the value that a customer is ranked by: the best prediction there is
ranked as (

    select
        *,
        coalesce(
            probabilistic_net_revenue_next_12m, cohort_net_revenue_next_12m, historical_net_revenue_next_12m, 0
        ) + tier_base as tier_value

    from valued

),

-- the rank alone is sorted, not all that is known of a customer
rank_shares as (

    select
        customer_key,
        percent_rank() over (order by tier_value desc) as value_rank_share
    from ranked

),

tiered as (

    select
        ranked.*,
        rank_shares.value_rank_share
    from ranked
    inner join rank_shares
        on ranked.customer_key = rank_shares.customer_key

)

select
    ---------- ids
    tiered.customer_key,

    ---------- texts
    tiered.acquisition_channel,
    tiered.channel_group,
    tiered.customer_type,
    tiered.country,
    tiered.region,
    value_tiers.value_tier,
    tiered.purchase_model,
    tiered.prediction_status,
    tiered.prediction_reason,

    ---------- realised
    cast(tiered.realised_net_revenue as {{ money_type() }}) as realised_net_revenue,
    cast(tiered.realised_gross_margin as {{ money_type() }}) as realised_gross_margin,
    cast(tiered.realised_subscription_net_revenue as {{ money_type() }}) as realised_subscription_net_revenue,

    ---------- orders to come
    tiered.frequency,
    tiered.recency_days,
    tiered.age_days,
    {% for label in order_horizons() -%}
    cast(tiered.expected_orders_{{ label }} as decimal(18, 6)) as expected_orders_{{ label }},
    {% endfor -%}
    tiered.probability_alive,
    tiered.probability_active_12m,
    {% for basis in value_bases() -%}
    {{ predicted_money('tiered.expected_order_' ~ basis) }} as expected_order_{{ basis }},
    {% endfor %}

    ---------- value to come, and realised + to come
    {% for basis in value_bases() -%}
    tiered.simple_{{ basis }}_lifetime,
    {% for method in ['historical', 'simple', 'cohort', 'probabilistic'] -%}
    {% for label in value_horizons() -%}
    {%- set ahead = 'tiered.' ~ method ~ '_' ~ basis ~ '_next_' ~ label -%}
    {{ ahead }} as {{ method }}_{{ basis }}_next_{{ label }},
    cast(tiered.realised_{{ basis }} + {{ ahead }} as {{ money_type() }}) as {{ method }}_{{ basis }}_total_{{ label }},
    {% endfor -%}
    {% endfor -%}
    {% endfor %}

    ---------- dates
    tiered.first_purchased_on,
    tiered.as_of_date
from tiered
left join {{ ref('value_tiers') }} as value_tiers
    on
        tiered.value_rank_share >= value_tiers.from_share
        and tiered.value_rank_share < value_tiers.to_share
