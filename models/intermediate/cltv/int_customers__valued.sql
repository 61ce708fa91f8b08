{{ config(materialized='view') }}

-- What each customer is still to bring, by four methods, on each basis and over each horizon.
-- A view: one fact reads it.
with

foreseen as (

    select * from {{ ref('int_customers__foreseen') }}

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
        {%- for basis in value_bases() %}
        {{ predicted_money('discounted_orders_36m * expected_order_' ~ basis) }}
            as probabilistic_{{ basis }}_discounted_36m,
        {%- endfor %}
        -- the same on contribution; the cohort's curve knows nothing of what service costs
        {{ simple_value(
            divide('purchase_contribution', 'purchase_orders'), '(365e0 * purchase_orders / rate_days)', 'lifespan_years'
        ) }} as simple_contribution_lifetime,
        {{ predicted_money(discounted_annuity(
            'cast(purchase_contribution as ' ~ double_type() ~ ') / rate_days * 365', 'lifespan_years'
        )) }} as simple_contribution_lifetime_discounted,
        {%- for label, years in value_horizons().items() %}
        {{ predicted_money('cast(purchase_contribution as ' ~ double_type() ~ ') / rate_days * ' ~ 365 * years) }}
            as historical_contribution_next_{{ label }},
        {{ simple_value(
            divide('purchase_contribution', 'purchase_orders'),
            '(365e0 * purchase_orders / rate_days)',
            expected_active_years('yearly_retention', years)
        ) }} as simple_contribution_next_{{ label }},
        {{ predicted_money('expected_orders_' ~ label ~ ' * (expected_order_gross_margin - service_cost_per_order)') }}
            as probabilistic_contribution_next_{{ label }},
        {%- endfor %}
        {{ predicted_money('discounted_orders_36m * (expected_order_gross_margin - service_cost_per_order)') }}
            as probabilistic_contribution_discounted_36m,
        {%- for quantile in quantiles() %}
        {{ predicted_money('value_ratio_' ~ quantile ~ ' * value_ratio_base') }}
            as net_revenue_next_12m_{{ quantile }},
        {%- endfor %}
        {{ predicted_money('own_expected_net_revenue') }} as own_net_revenue_next_12m,
        realised_net_revenue as tier_base

    from foreseen

)

select * from valued
