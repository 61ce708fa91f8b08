-- What customers bring beside what they cost to win, by cohort, channel and campaign, at fixed ages and with what is
-- predicted; with payback, and the benchmark beside it.
with

horizons as (

    select * from {{ ref('int_acquisition_horizons') }}

),

has_rates as (

    select count(*) > 0 as has_cost_rates from {{ ref('int_cost_rate_spans') }}

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

)

select
    ---------- ids
    horizons.acquisition_horizon_id as ltv_cac_id,

    ---------- texts
    horizons.scope,
    horizons.scope_value,
    horizons.horizon,
    case when has_rates.has_cost_rates then 'contribution' else 'gross_margin' end as payback_basis,
    case
        when horizons.customers_won = 0 then 'no_customers'
        when horizons.customers = 0 then 'immature'
        when horizons.average_value is null then 'value_unknown'
        when coalesce(horizons.fully_loaded_cac, 0) <= 0 then 'no_cost'
        else 'measured'
    end as ltv_cac_status,
    payback_bands.band as payback_band,

    ---------- numbers
    horizons.horizon_order,
    horizons.customers_won,
    horizons.customers,
    horizons.customers_valued,

    ---------- value and cost of those customers, reporting currency
    horizons.average_value,
    horizons.advertising_cac,
    horizons.fully_loaded_cac,
    case when horizons.advertising_cac > 0 then horizons.average_value / horizons.advertising_cac end
        as value_to_advertising_cac,
    case when horizons.fully_loaded_cac > 0 then horizons.average_value / horizons.fully_loaded_cac end as ltv_cac,
    horizons.average_value - horizons.fully_loaded_cac as value_less_cac,

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
    horizons.customers = 0 and horizons.customers_won > 0 as is_immature
from horizons
cross join has_rates
left join paybacks
    on
        horizons.scope = paybacks.scope
        and horizons.scope_value = paybacks.scope_value
left join benchmarks as ratio_benchmark
    on ratio_benchmark.metric = 'ltv_cac'
left join benchmarks as payback_bands
    on
        payback_bands.metric = 'payback_months'
        and paybacks.median_payback_days / {{ days_per_month() }} >= payback_bands.from_value
        and paybacks.median_payback_days / {{ days_per_month() }} < coalesce(payback_bands.to_value, 1e9)
