-- The value that each method foresaw for each customer at each back-test origin, beside the value that came, both
-- ranked.
with

baselines as (

    select * from {{ ref('int_backtest_baselines') }}

),

own as (

    select * from {{ ref('int_own_predictions') }}

),

own_origins as (

    select distinct origin_id
    from own
    where expected_net_revenue is not null

),

foreseen as (

    {% for name in [
        'run_rate', 'last_12_months', 'segment_mean', 'hiatus_rule', 'simple_lifespan', 'retention_adjusted'
    ] -%}
    select
        origin_id,
        customer_key,
        '{{ name }}' as model_name,
        {{ name }} as predicted_value
    from baselines

    union all

    {% endfor -%}
    select
        predicted.origin_id,
        predicted.customer_key,
        predicted.model_name,
        predicted.expected_order_net_revenue * case origins.horizon_label
            {%- for label in ['3m', '6m', '12m'] %}
            when '{{ label }}' then predicted.expected_orders_{{ label }}
            {%- endfor %}
        end as predicted_value
    from {{ ref('int_customers__predicted') }} as predicted
    inner join {{ ref('int_prediction_origins') }} as origins
        on predicted.origin_id = origins.origin_id
    where origins.origin_kind = 'backtest'

    union all

    -- where it speaks at all, silence about a customer is the expectation of nothing: or a model that speaks only of
    -- the easy ones would be compared on these
    select
        baselines.origin_id,
        baselines.customer_key,
        '{{ own_prediction_model() or 'own_model' }}' as model_name,
        coalesce(own.expected_net_revenue, 0) as predicted_value
    from baselines
    inner join own_origins
        on baselines.origin_id = own_origins.origin_id
    left join own
        on
            baselines.origin_id = own.origin_id
            and baselines.customer_key = own.customer_key

)

select
    {{ row_key(['foreseen.origin_id', 'foreseen.customer_key', 'foreseen.model_name']) }} as backtest_value_id,
    foreseen.origin_id,
    foreseen.customer_key,
    foreseen.model_name,
    baselines.acquisition_channel,
    baselines.customer_type,
    baselines.sample_number,
    -- in cents: a sum of doubles depends on the order of its rows
    {{ predicted_money('foreseen.predicted_value') }} as predicted_value,
    baselines.holdout_net_revenue as actual_value,
    row_number() over (
        partition by foreseen.origin_id, foreseen.model_name
        order by foreseen.predicted_value desc, baselines.sample_number asc
    ) as predicted_rank,
    row_number() over (
        partition by foreseen.origin_id, foreseen.model_name
        order by baselines.holdout_net_revenue desc, baselines.sample_number asc
    ) as actual_rank
from foreseen
inner join baselines
    on
        foreseen.origin_id = baselines.origin_id
        and foreseen.customer_key = baselines.customer_key
where foreseen.predicted_value is not null
