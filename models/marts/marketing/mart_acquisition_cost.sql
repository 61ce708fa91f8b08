-- What a customer costs to win: blended, paid and by channel, on advertising alone and fully loaded, by month and in
-- total.
{%- set scopes = {
    'blended': {'member': "'all'", 'rows': 'true'},
    'paid': {'member': "'paid'", 'rows': 'is_paid_channel'},
    'channel': {'member': 'channel', 'rows': 'true'},
} %}
with

months as (

    select * from {{ ref('fct_acquisition_monthly') }}

),

-- one row per scope, member and month, and one over all months in which spend is known
summed as (

    {% for scope, rule in scopes.items() -%}
    {% set last_scope = loop.last -%}
    {% for period, month in [('month', 'acquisition_month'), ('total', 'cast(null as date)')] -%}
    select
        '{{ scope }}' as scope,
        {{ rule.member }} as scope_value,
        '{{ period }}' as period,
        {{ month }} as acquisition_month,
        sum(customers_won) as customers_won,
        sum(acquire_spend) as acquire_spend,
        sum(assumed_acquire_spend) as assumed_acquire_spend,
        sum(overhead_cost) as overhead_cost,
        min(case when is_spend_known then 1 else 0 end) = 1 as is_spend_known,
        min(case when is_overhead_known then 1 else 0 end) = 1 as is_overhead_known

    from months
    where
        {{ rule.rows }}
        {%- if period == 'total' %}
        and is_spend_known
        {%- endif %}
    group by
        {{ ['acquisition_month', rule.member] | join(', ') if period == 'month' else rule.member }}
    {% if not (last_scope and loop.last) %}union all{% endif %}
    {% endfor -%}
    {% endfor %}

)

select
    ---------- ids
    {{ row_key(['scope', 'scope_value', "coalesce(" ~ as_text("acquisition_month") ~ ", 'total')"]) }}
        as acquisition_cost_id,

    ---------- texts
    scope,
    scope_value,
    period,
    case
        when not is_spend_known then 'spend_unknown'
        when customers_won = 0 and acquire_spend + overhead_cost <> 0 then 'no_customers'
        when customers_won = 0 then 'no_customers_and_no_spend'
        when acquire_spend = 0 then 'no_spend'
        else 'measured'
    end as cac_status,

    ---------- numbers
    cast(customers_won as {{ dbt.type_bigint() }}) as customers_won,

    ---------- cost, reporting currency
    cast(acquire_spend as {{ money_sum_type() }}) as acquire_spend,
    cast(assumed_acquire_spend as {{ money_sum_type() }}) as assumed_acquire_spend,
    cast(overhead_cost as {{ money_sum_type() }}) as overhead_cost,
    cast(acquire_spend + overhead_cost as {{ money_sum_type() }}) as loaded_cost,
    case when is_spend_known then {{ divide('acquire_spend', 'customers_won') }} end as advertising_cac,
    case when is_spend_known and is_overhead_known then {{ divide('acquire_spend + overhead_cost', 'customers_won') }}
    end as fully_loaded_cac,

    ---------- dates
    acquisition_month
from summed
