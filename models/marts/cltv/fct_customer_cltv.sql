-- What each customer is worth, by four methods side by side, on net revenue and on gross margin.
with

valued as (

    select * from {{ ref('int_customers__valued') }}

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
    tiered.prediction_grade,
    tiered.grade_reason,
    tiered.contribution_reason,

    ---------- realised
    cast(tiered.realised_net_revenue as {{ money_type() }}) as realised_net_revenue,
    cast(tiered.realised_gross_margin as {{ money_type() }}) as realised_gross_margin,
    cast(tiered.realised_contribution as {{ money_type() }}) as realised_contribution,
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

    {% for basis in value_bases() -%}
    tiered.probabilistic_{{ basis }}_discounted_36m,
    {% endfor %}

    ---------- on contribution: after what serving the customer costs, before what winning them did
    {{ predicted_money('tiered.service_cost_per_order') }} as expected_service_cost_per_order,
    tiered.simple_contribution_lifetime,
    tiered.simple_contribution_lifetime_discounted,
    {% for method in ['historical', 'simple', 'probabilistic'] -%}
    {% for label in value_horizons() -%}
    tiered.{{ method }}_contribution_next_{{ label }},
    cast(tiered.realised_contribution + tiered.{{ method }}_contribution_next_{{ label }} as {{ money_type() }})
        as {{ method }}_contribution_total_{{ label }},
    {% endfor -%}
    {% endfor -%}
    tiered.probabilistic_contribution_discounted_36m,

    tiered.own_net_revenue_next_12m,

    ---------- value of contracts, beside and never inside the value of purchases
    tiered.contractual_revenue_next_12m,
    tiered.contractual_revenue_next_24m,
    tiered.contractual_revenue_discounted_36m,

    ---------- what may come of the next twelve months: at least half of all customers lie between p25 and p75
    {% for quantile in quantiles() -%}
    cast(tiered.orders_{{ quantile }} as integer) as orders_next_12m_{{ quantile }},
    tiered.net_revenue_next_12m_{{ quantile }},
    {% endfor %}

    ---------- dates
    tiered.first_purchased_on,
    tiered.as_of_date
from tiered
left join {{ ref('value_tiers') }} as value_tiers
    on
        tiered.value_rank_share >= value_tiers.from_share
        and tiered.value_rank_share < value_tiers.to_share
