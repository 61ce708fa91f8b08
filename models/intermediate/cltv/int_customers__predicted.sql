{{ config(materialized='view') }}

-- Each customer's scores: the cell's expected orders joined back, times the customer's own expected order value.
-- A view: one fact reads it.
{%- set purchases = chosen_variable('spend_purchases', ['all', 'repeat']) %}
with

histories as (

    select * from {{ ref('int_purchase_histories') }}

),

grains as (

    select * from {{ ref('int_purchase_cell_grains') }}

),

scores as (

    select * from {{ ref('int_purchase_cell_scores') }}
    where model_name = '{{ chosen_variable('purchase_model', ['bg_nbd']) }}'

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

),

placed as (

    select
        histories.*,
        {{ cell_recency_days() }} as cell_recency_days,
        {{ cell_age_days() }} as cell_age_days

    from histories
    inner join grains
        on histories.origin_id = grains.origin_id

),

scored as (

    select
        placed.history_id,
        placed.origin_id,
        placed.customer_key,
        scores.model_name,
        scores.probability_alive,
        {% for label in order_horizons() -%}
        scores.expected_orders_{{ label }},
        scores.probability_active_{{ label }},
        {% endfor -%}
        {{ expected_order_value(
            'net_revenue_spend', 'placed.' ~ purchases ~ '_count_net_revenue', 'placed.' ~ purchases ~ '_mean_net_revenue'
        ) }} as expected_order_net_revenue,
        -- whoever has an order of unknown cost has no margin of their own to learn from
        case
            when placed.gross_margin is not null
                then {{ expected_order_value(
                    'gross_margin_spend',
                    'placed.' ~ purchases ~ '_count_gross_margin',
                    'placed.' ~ purchases ~ '_mean_gross_margin'
                ) }}
        end as expected_order_gross_margin

    from placed
    left join scores
        on
            placed.origin_id = scores.origin_id
            and placed.frequency = scores.frequency
            and placed.cell_recency_days = scores.recency_days
            and placed.cell_age_days = scores.age_days
    {%- for basis in value_bases() %}
    left join spend as {{ basis }}_spend
        on
            placed.origin_id = {{ basis }}_spend.origin_id
            and {{ basis }}_spend.value_basis = '{{ basis }}'
    {%- endfor %}

)

select * from scored
