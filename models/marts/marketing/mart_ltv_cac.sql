-- What customers bring beside what they cost to win, by cohort, channel and campaign, at fixed ages and with what is
-- predicted; with payback, and the benchmark beside it.
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

has_rates as (

    select count(*) > 0 as has_cost_rates from {{ ref('int_cost_rate_spans') }}

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

),

-- half have paid back on the first day on which less than half are open; the interval is read off the curve's
paybacks as (

    select
        scope,
        scope_value,
        {{ day_of_half('open_share') }} as median_payback_days,
        {{ day_of_half('open_share_lower_95') }} as median_payback_days_lower_95,
        {{ day_of_half('open_share_upper_95') }} as median_payback_days_upper_95,
        {%- for age in [180, 360] %}
        case
            when max(oldest_days) >= {{ age }}
                then 1e0 - coalesce(min(case when age_days <= {{ age }} then open_share end), 1)
        end as paid_back_share_{{ age }}d,
        {%- endfor %}
        max({{ divide('paid_back_so_far', 'customers') }}) as naive_paid_back_share

    from {{ ref('int_payback_survival') }}
    group by
        scope,
        scope_value

),

-- the row for the business's own model and trade, where there is one, else the one for all
ranked_benchmarks as (

    select
        *,
        row_number() over (
            partition by metric, band
            order by
                case when business_model = '{{ business_model() }}' then 0 else 1 end,
                case when industry = '{{ industry() }}' then 0 else 1 end
        ) as fit_rank
    from {{ ref('benchmarks') }}
    where
        business_model in ('all', '{{ business_model() }}')
        and industry in ('all', '{{ industry() }}')

),

benchmarks as (

    select * from ranked_benchmarks
    where fit_rank = 1

),

divided as (

    select
        counted.*,
        {{ divide('total_value', 'customers_valued') }} as average_value,
        {{ divide('acquire_spend', 'customers') }} as advertising_cac,
        {{ divide('acquire_spend + overhead_cost', 'customers') }} as fully_loaded_cac
    from counted

)

select
    ---------- ids
    {{ row_key(['divided.scope', 'divided.scope_value', 'divided.horizon']) }} as ltv_cac_id,

    ---------- texts
    divided.scope,
    divided.scope_value,
    divided.horizon,
    case when has_rates.has_cost_rates then 'contribution' else 'gross_margin' end as payback_basis,
    case
        when divided.customers_won = 0 then 'no_customers'
        when divided.customers = 0 then 'immature'
        when divided.average_value is null then 'value_unknown'
        when coalesce(divided.fully_loaded_cac, 0) <= 0 then 'no_cost'
        else 'measured'
    end as ltv_cac_status,
    payback_bands.band as payback_band,

    ---------- numbers
    cast(divided.horizon_order as integer) as horizon_order,
    cast(divided.customers_won as {{ dbt.type_bigint() }}) as customers_won,
    cast(divided.customers as {{ dbt.type_bigint() }}) as customers,
    cast(divided.customers_valued as {{ dbt.type_bigint() }}) as customers_valued,

    ---------- value and cost of those customers, reporting currency
    divided.average_value,
    divided.advertising_cac,
    divided.fully_loaded_cac,
    case when divided.advertising_cac > 0 then divided.average_value / divided.advertising_cac end
        as value_to_advertising_cac,
    case when divided.fully_loaded_cac > 0 then divided.average_value / divided.fully_loaded_cac end as ltv_cac,
    divided.average_value - divided.fully_loaded_cac as value_less_cac,

    ---------- payback
    cast(paybacks.median_payback_days as integer) as median_payback_days,
    cast(paybacks.median_payback_days_lower_95 as integer) as median_payback_days_lower_95,
    cast(paybacks.median_payback_days_upper_95 as integer) as median_payback_days_upper_95,
    paybacks.paid_back_share_180d,
    paybacks.paid_back_share_360d,
    paybacks.naive_paid_back_share,

    ---------- benchmarks
    ratio_benchmark.from_value as benchmark_ltv_cac_from,
    ratio_benchmark.to_value as benchmark_ltv_cac_to,
    ratio_benchmark.source as benchmark_source,

    ---------- booleans
    divided.customers = 0 and divided.customers_won > 0 as is_immature
from divided
cross join has_rates
left join paybacks
    on
        divided.scope = paybacks.scope
        and divided.scope_value = paybacks.scope_value
left join benchmarks as ratio_benchmark
    on ratio_benchmark.metric = 'ltv_cac'
left join benchmarks as payback_bands
    on
        payback_bands.metric = 'payback_months'
        and paybacks.median_payback_days / {{ days_per_month() }} >= payback_bands.from_value
        and paybacks.median_payback_days / {{ days_per_month() }} < coalesce(payback_bands.to_value, 1e9)
