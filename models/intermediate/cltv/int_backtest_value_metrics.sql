-- How good the foreseen values were: totals by scope, and over all customers how well each method ranked them and
-- whether its intervals held.
with

foreseen as (

    select * from {{ ref('int_backtest_values') }}

),

scoped as (

    {% for scope in ['all', 'acquisition_channel', 'customer_type'] -%}
    select
        origin_id,
        model_name,
        '{{ scope }}' as scope,
        {{ "'all'" if scope == 'all' else scope }} as scope_value,
        count(*) as customers,
        {{ sum_money('predicted_value') }} as predicted_value,
        {{ sum_money('actual_value') }} as actual_value,
        -- ranks only mean something among all
        {{ 'sum(predicted_rank * actual_value)' if scope == 'all' else 'null' }} as predicted_area,
        {{ 'sum(actual_rank * actual_value)' if scope == 'all' else 'null' }} as actual_area
    from foreseen
    group by
        origin_id,
        model_name,
        {{ "'all'" if scope == 'all' else scope }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

captured as (

    select
        origin_id,
        model_name,
        {{ divide('sum(captured)', 'sum(top_customers)') }} as high_value_capture
    from {{ ref('int_backtest_captures') }}
    group by
        origin_id,
        model_name

),

-- normalised Gini: 1 for a perfect ranking, 0 for one by chance
measured as (

    select
        scoped.*,
        {{ divide('scoped.predicted_value - scoped.actual_value', 'scoped.actual_value') }} as value_bias,
        {{ divide(
            '(scoped.customers + 1) * scoped.actual_value - 2 * scoped.predicted_area',
            '(scoped.customers + 1) * scoped.actual_value - 2 * scoped.actual_area'
        ) }} as value_gini,
        case when scoped.scope = 'all' then captured.high_value_capture end as high_value_capture

    from scoped
    left join captured
        on
            scoped.origin_id = captured.origin_id
            and scoped.model_name = captured.model_name

)

{% for metric in ['predicted_value', 'actual_value', 'value_bias', 'value_gini', 'high_value_capture'] -%}
select
    {{ row_key(['origin_id', 'model_name', 'scope', 'scope_value', "'" ~ metric ~ "'"]) }} as backtest_metric_id,
    origin_id,
    model_name,
    scope,
    scope_value,
    '{{ metric }}' as metric,
    cast({{ metric }} as {{ double_type() }}) as estimate,
    cast(customers as {{ double_type() }}) as customers
from measured
where {{ metric }} is not null

union all

{% endfor -%}
select
    backtest_metric_id,
    origin_id,
    model_name,
    'all' as scope,
    'all' as scope_value,
    metric,
    estimate,
    cast(customers as {{ double_type() }}) as customers
from {{ ref('int_backtest_interval_metrics') }}
