{{ config(materialized='view') }}

-- Each customer's scores by either ensemble, and in the back-test by every model: the cell's scores joined back, times
-- the customer's own expected order value.
-- A view: what is shown and what is back-tested each read their part of it.
{%- set purchases = chosen_variable('spend_purchases', ['all', 'repeat']) %}
with

histories as (

    select * from {{ ref('int_histories__placed') }}

),

scores as (

    select * from {{ ref('int_purchase_cell_scores') }}
    where
        model_name in ('ensemble', 'ensemble_by_group')
        or origin_id like 'backtest%'

),

-- one row per origin and basis, parameters side by side
spend as (

    select
        fits.origin_id,
        fits.value_basis,
        max(case when fits.name = 'p' then fits.estimate end) as p,
        max(case when fits.name = 'q' then fits.estimate end) as q,
        max(case when fits.name = 'v' then fits.estimate end) as v,
        max(scaling.value_per_positive_value) as value_per_positive_value

    from {{ ref('int_spend_model_fits') }} as fits
    inner join {{ ref('int_spend_scaling') }} as scaling
        on
            fits.origin_id = scaling.origin_id
            and fits.value_basis = scaling.value_basis
    where fits.kind = 'parameter'
    group by
        fits.origin_id,
        fits.value_basis

)

select
    {{ row_key(['histories.origin_id', 'histories.customer_key', 'scores.model_name']) }} as prediction_id,
    histories.origin_id,
    histories.customer_key,
    scores.model_name,
    histories.covariate_pattern,
    histories.frequency,
    histories.cell_recency_days,
    histories.cell_age_days,
    histories.age_days,
    scores.probability_alive,
    {% for label in order_horizons() -%}
    scores.expected_orders_{{ label }},
    scores.probability_active_{{ label }},
    {% endfor -%}
    scores.discounted_orders_36m,
    scores.discounted_orders_lifetime,
    {{ expected_order_value(
        'net_revenue_spend', 'histories.' ~ purchases ~ '_count_net_revenue', 'histories.' ~ purchases ~ '_mean_net_revenue'
    ) }} as expected_order_net_revenue,
    -- whoever has an order of unknown cost has no margin of their own to learn from
    case
        when histories.gross_margin is not null
            then {{ expected_order_value(
                'gross_margin_spend',
                'histories.' ~ purchases ~ '_count_gross_margin',
                'histories.' ~ purchases ~ '_mean_gross_margin'
            ) }}
    end as expected_order_gross_margin,
    histories.{{ purchases }}_count_net_revenue as purchase_count,
    -- a quantile of the value to come is the cell's ratio times this
    net_revenue_spend.value_per_positive_value * (
        net_revenue_spend.v
        + coalesce(histories.{{ purchases }}_count_net_revenue * histories.{{ purchases }}_mean_net_revenue, 0)
    ) as value_ratio_base
from histories
inner join scores
    on
        histories.origin_id = scores.origin_id
        and histories.frequency = scores.frequency
        and histories.cell_recency_days = scores.recency_days
        and histories.cell_age_days = scores.age_days
        and (scores.covariate_pattern = 'all' or histories.covariate_pattern = scores.covariate_pattern)
{%- for basis in value_bases() %}
left join spend as {{ basis }}_spend
    on
        histories.origin_id = {{ basis }}_spend.origin_id
        and {{ basis }}_spend.value_basis = '{{ basis }}'
{%- endfor %}
