{{ config(materialized='view') }}

-- What customers brought beside what was spent on winning them, by scope, member and horizon: fixed ages, to date, and
-- with what is predicted.
-- A view: one model reads it.
{%- set ages = value_ages() %}
{%- set horizons = dict() %}
{%- for age in ages %}{% do horizons.update({age ~ '_days': 'value_' ~ age ~ 'd'}) %}{% endfor %}
{%- do horizons.update({
    'to_date': 'value_to_date',
    'predicted_12m': 'value_to_date + predicted_value_12m',
    'predicted_36m': 'value_to_date + predicted_value_36m',
}) %}
{%- set scopes = acquisition_scopes('acquisition_month', 'channel', 'campaign_id') %}
with

months as (

    select
        months.*,
        as_of.as_of_date,
        {{ add_days(add_months('acquisition_month', 1), -1) }} as last_won_on,
        {{ add_days(add_months(quarter_start('acquisition_month'), 3), -1) }} as quarter_end

    from {{ ref('int_acquisition_months') }} as months
    cross join {{ ref('base_crm__as_of') }} as as_of
    -- campaigns that keep customers have no place here
    where
        months.is_spend_known
        and (
            months.customers_won > 0
            or months.acquire_spend > 0
            or months.borne_overhead + months.unborne_overhead <> 0
        )

),

-- only months all of whose customers have reached the age count; of a cohort it takes the whole quarter
counted as (

    {% for scope, rule in scopes.items() -%}
    {% set last_scope = loop.last -%}
    {% for horizon, value in horizons.items() -%}
    {% set age = ages[loop.index0] if loop.index0 < ages | length -%}
    {% set last_day = 'quarter_end' if scope == 'cohort_quarter' else 'last_won_on' -%}
    {% set known = 'customers_predicted' if 'predicted' in horizon else 'customers_valued' -%}
    {% set is_mature = add_days(last_day, age) ~ ' <= as_of_date' if age else 'true' -%}
    select
        '{{ scope }}' as scope,
        {{ rule.member }} as scope_value,
        '{{ horizon }}' as horizon,
        {{ loop.index }} as horizon_order,
        sum(customers_won) as customers_won,
        sum(case when {{ is_mature }} then customers_won else 0 end) as customers,
        sum(case when {{ is_mature }} then {{ known }} else 0 end) as customers_valued,
        sum(case when {{ is_mature }} then {{ value }} end) as total_value,
        sum(case when {{ is_mature }} then acquire_spend else 0 end) as acquire_spend,
        sum(case when {{ is_mature }} then borne_overhead + unborne_overhead else 0 end) as overhead_cost

    from months
    where {{ rule.rows }}
    group by {{ rule.member }}
    {% if not (last_scope and loop.last) %}union all{% endif %}
    {% endfor -%}
    {% endfor %}

)

select
    {{ row_key(['scope', 'scope_value', 'horizon']) }} as acquisition_horizon_id,
    scope,
    scope_value,
    horizon,
    cast(horizon_order as integer) as horizon_order,
    cast(customers_won as {{ dbt.type_bigint() }}) as customers_won,
    cast(customers as {{ dbt.type_bigint() }}) as customers,
    cast(customers_valued as {{ dbt.type_bigint() }}) as customers_valued,
    {{ divide('total_value', 'customers_valued') }} as average_value,
    {{ divide('acquire_spend', 'customers') }} as advertising_cac,
    {{ divide('acquire_spend + overhead_cost', 'customers') }} as fully_loaded_cac
from counted
