{{ config(materialized='view') }}

-- Do intervals of value hold: how often the value that came lay inside, how often it should have by the model's own
-- word, and how far the probability integral transform is from flat.
-- A view: one model reads it.
{%- set levels = quantile_levels() %}
{%- set intervals = {'50': ['p25', 'p75'], '80': ['p10', 'p90'], '90': ['p05', 'p95']} %}
with

-- a value is spread evenly over the probabilities that it lies between (Czado, Gneiting & Held 2009)
located as (

    select
        origin_id,
        model_name,
        {% for level, ends in intervals.items() -%}
        case when actual_value between value_{{ ends[0] }} and value_{{ ends[1] }} then 1 end as inside_{{ level }},
        case when value_{{ ends[1] }} > 0 then {{ levels[ends[1]] }}e0 else probability_of_nothing end
        - case when value_{{ ends[0] }} > 0 then {{ levels[ends[0]] }}e0 else 0 end as promised_{{ level }},
        {% endfor -%}
        {% for quantile, level in levels.items() -%}
        case
            when {{ level }}e0 >= probability_up_to then 1
            when {{ level }}e0 <= probability_below then 0
            else ({{ level }}e0 - probability_below) / (probability_up_to - probability_below)
        end as up_to_{{ quantile }},
        {% endfor -%}
        0 as up_to_nothing
    from {{ ref('int_backtest_value_intervals') }}

),

summed as (

    select
        origin_id,
        model_name,
        count(*) as customers,
        {% for level in intervals -%}
        count(inside_{{ level }}) as inside_{{ level }},
        {{ exact_sum('promised_' ~ level) }} as promised_{{ level }},
        {% endfor -%}
        {% for quantile in levels -%}
        {{ exact_sum('up_to_' ~ quantile) }} as up_to_{{ quantile }},
        {% endfor -%}
        sum(up_to_nothing) as up_to_nothing
    from located
    group by
        origin_id,
        model_name

),

measured as (

    select
        origin_id,
        model_name,
        customers,
        {% for level in intervals -%}
        {{ divide('inside_' ~ level, 'customers') }} as value_coverage_{{ level }},
        {{ divide('promised_' ~ level, 'customers') }} as value_content_{{ level }},
        {% endfor -%}
        -- customers who would have to change places for each span between quantiles to have its share; by chance: half
        -- the mean absolute error of each share
        {% set seen = namespace(quantile='nothing', level=0, chance=0) -%}
        (
            {%- for quantile, level in levels.items() %}
            {%- set share = level - seen.level %}
            abs(up_to_{{ quantile }} - up_to_{{ seen.quantile }} - {{ '%.2f' | format(share) }} * customers) +
            {%- set seen.chance = seen.chance + (share * (1 - share)) ** 0.5 %}
            {%- set seen.quantile = quantile %}
            {%- set seen.level = level %}
            {%- endfor %}
            {%- set share = 1 - seen.level %}
            abs(customers - up_to_{{ seen.quantile }} - {{ '%.2f' | format(share) }} * customers)
        ) / (2e0 * customers) as value_pit_flatness,
        {%- set chance = (seen.chance + (share * (1 - share)) ** 0.5) / (2 * 3.141592653589793) ** 0.5 %}
        {{ '%.6f' | format(chance) }} / sqrt(customers) as value_pit_flatness_by_chance
    from summed

)

{% set metrics = ['value_pit_flatness', 'value_pit_flatness_by_chance'] -%}
{% for level in intervals -%}
{% do metrics.extend(['value_coverage_' ~ level, 'value_content_' ~ level]) -%}
{% endfor -%}
{% for metric in metrics -%}
select
    {{ row_key(['origin_id', 'model_name', "'all'", "'all'", "'" ~ metric ~ "'"]) }} as backtest_metric_id,
    origin_id,
    model_name,
    '{{ metric }}' as metric,
    {{ metric }} as estimate,
    customers
from measured
{{ 'union all' if not loop.last }}
{% endfor %}
