-- When each customer brought back what winning them cost, whether they still will, and whether keeping them pays.
{%- set families = service_cost_families().keys() | list %}
with

paid_back as (

    select * from {{ ref('int_customers__payback') }}

),

predictions as (

    select * from {{ ref('fct_customer_cltv') }}

),

-- what stops when the business stops serving the customer: next year's is taken to be the last twelve months'
avoidable as (

    select
        service.customer_key,
        sum({{ families | join('_cost + ') }}_cost) as service_cost,
        max(service.unrated_driver) as unrated_driver

    from {{ ref('int_service_costs') }} as service
    inner join paid_back
        on service.customer_key = paid_back.customer_key
    where service.activity_month > {{ add_months('paid_back.as_of_date', -12) }}
    group by service.customer_key

),

-- that run or are on trial: what they will still bring is not in the prediction, which knows purchases only
contracts as (

    select customer_key from {{ ref('int_customers__contracted') }}
    where contract_value_status <> 'ended'

),

has_rates as (

    select count(*) > 0 as has_cost_rates from {{ ref('int_cost_rate_spans') }}

),

joined as (

    select
        paid_back.*,
        has_rates.has_cost_rates,
        -- in the terms of what was realised
        {% for column, ahead in {'predicted_value_12m': 'next_12m', 'predicted_value_36m': 'discounted_36m'}.items() -%}
        case
            when has_rates.has_cost_rates then predictions.probabilistic_contribution_{{ ahead }}
            else predictions.probabilistic_gross_margin_{{ ahead }}
        end as {{ column }},
        {% endfor -%}
        case
            when not has_rates.has_cost_rates then 'no_cost_rates'
            when avoidable.unrated_driver is not null then 'no_rate_for_' || avoidable.unrated_driver
            when contracts.customer_key is not null then 'has_a_contract'
            when
                predictions.net_revenue_next_12m_p95 is null or predictions.expected_order_gross_margin is null
                then coalesce(predictions.prediction_reason, 'not_predicted')
        end as keeping_reason,
        cast(coalesce(avoidable.service_cost, 0) as {{ money_type() }}) as avoidable_cost,
        -- the revenue that it takes to earn the avoidable cost; null where orders have no margin and nothing does
        case
            when coalesce(avoidable.service_cost, 0) = 0 then 0e0
            when predictions.expected_order_gross_margin > 0
                then
                    avoidable.service_cost
                    * {{ divide('predictions.expected_order_net_revenue', 'predictions.expected_order_gross_margin') }}
        end as revenue_needed,
        {%- for label in quantiles() %}
        predictions.net_revenue_next_12m_{{ label }},
        {%- endfor %}
        1e0 - predictions.probability_active_12m as probability_of_nothing,
        contracts.customer_key is not null as has_contract

    from paid_back
    cross join has_rates
    inner join predictions
        on paid_back.customer_key = predictions.customer_key
    left join avoidable
        on paid_back.customer_key = avoidable.customer_key
    left join contracts
        on paid_back.customer_key = contracts.customer_key

)

select
    ---------- ids
    customer_key,
    acquisition_campaign_id,

    ---------- texts
    acquisition_channel,
    acquisition_cost_basis,
    case when has_cost_rates then 'contribution' else 'gross_margin' end as payback_basis,
    case
        when payback_reason is not null then 'unknown'
        when payback_days is null then 'open'
        else 'paid_back'
    end as payback_status,
    payback_reason,
    keeping_reason,

    ---------- what it cost, reporting currency
    advertising_cost,
    overhead_cost,
    acquisition_cost,

    ---------- what came of it, without tax, refunds on the order's date
    cast(value_to_date as {{ money_type() }}) as value_to_date,
    {%- for age in value_ages() %}
    cast(value_{{ age }}d as {{ money_type() }}) as value_{{ age }}d,
    {%- endfor %}
    predicted_value_12m,
    predicted_value_36m,

    ---------- payback
    observed_days,
    case when payback_reason is null then payback_days end as payback_days,

    ---------- keeping
    case when has_cost_rates then avoidable_cost end as avoidable_cost_12m,
    case
        when keeping_reason is null and revenue_needed is null then 1e0
        when keeping_reason is null
            then {{ probability_below('revenue_needed', 'probability_of_nothing', 'net_revenue_next_12m_') }}
    end as probability_never_profitable_to_keep,

    ---------- booleans
    is_paid_channel,
    case when payback_reason is null then payback_days is not null end as is_paid_back,
    case
        when payback_reason is not null then null
        when payback_days is not null or value_to_date + predicted_value_36m >= acquisition_cost then false
        when not has_contract and value_to_date + predicted_value_36m < acquisition_cost then true
    end as never_paid_back,

    ---------- dates
    won_on,
    won_month,
    case when payback_reason is null then {{ add_days('won_on', 'payback_days') }} end as paid_back_on,
    as_of_date
from joined
