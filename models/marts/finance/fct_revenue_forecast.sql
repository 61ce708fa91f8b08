-- Orders and money of the next 24 months by source, with a band, beside what the same months of the last year brought.
{%- set measures = ['orders'] + forecast_bases() %}
with

months as (

    select * from {{ ref('int_forecast_months') }}

),

last_year as (

    select
        month_index,
        forecast_source,
        {%- for measure in ['orders'] + value_bases() + ['cost_to_serve'] %}
        sum(case when measure = '{{ measure }}' then amount end) as {{ measure }},
        {%- endfor %}
        -- a total with a part that is not known is none
        {{ any_true('amount is null') }} as has_unknown_parts
    from {{ ref('int_last_year__activity') }}
    group by
        month_index,
        forecast_source

),

purchases as (

    select
        months.*,
        cast(null as {{ money_sum_type() }}) as mrr,
        cast(null as {{ money_sum_type() }}) as last_year_mrr,
        last_year.orders as last_year_orders,
        last_year.net_revenue as last_year_net_revenue,
        case when not last_year.has_unknown_parts then last_year.gross_margin end as last_year_gross_margin,
        case when not last_year.has_unknown_parts then last_year.gross_margin - last_year.cost_to_serve end
            as last_year_contribution

    from months
    left join last_year
        on
            months.month_index = last_year.month_index
            and months.forecast_source = last_year.forecast_source

),

-- contracts bill beside purchases: their amounts are neither orders nor net revenue
contracts as (

    select
        {{ row_key(['months.forecast_month', "'running_contracts'"]) }} as forecast_month_id,
        'running_contracts' as forecast_source,
        months.forecast_month,
        months.month_index,
        months.as_of_date,
        null as seasonal_index,
        null as first_orders,
        {%- for measure in measures %}
        null as {{ measure }},
        null as {{ measure }}_lower,
        null as {{ measure }}_upper,
        {%- endfor %}
        case when forecast.has_unknown_contracts then 'contracts_without_price_or_curve_left_out' end
            as forecast_reason,
        'no_back_test' as band_reason,
        forecast.expected_mrr as mrr,
        forecast.last_year_mrr,
        null as last_year_orders,
        null as last_year_net_revenue,
        null as last_year_gross_margin,
        null as last_year_contribution

    from {{ ref('int_contract_forecast') }} as forecast
    inner join months
        on
            forecast.month_index = months.month_index
            and months.forecast_source = 'all_customers'

),

together as (

    select * from purchases
    union all
    select * from contracts

)

select
    ---------- ids
    forecast_month_id,

    ---------- texts
    forecast_source,
    forecast_reason,
    band_reason,

    ---------- orders
    cast(orders as decimal(28, 6)) as expected_orders,
    cast(orders_lower as decimal(28, 6)) as expected_orders_lower,
    cast(orders_upper as decimal(28, 6)) as expected_orders_upper,
    cast(first_orders as decimal(28, 6)) as expected_first_orders,
    cast(last_year_orders as {{ dbt.type_bigint() }}) as last_year_orders,

    ---------- money, reporting currency, without tax
    {%- for basis in forecast_bases() %}
    cast({{ basis }} as {{ money_sum_type() }}) as expected_{{ basis }},
    cast({{ basis }}_lower as {{ money_sum_type() }}) as expected_{{ basis }}_lower,
    cast({{ basis }}_upper as {{ money_sum_type() }}) as expected_{{ basis }}_upper,
    cast(last_year_{{ basis }} as {{ money_sum_type() }}) as last_year_{{ basis }},
    {%- endfor %}

    ---------- contracts, beside it
    mrr as expected_mrr,
    last_year_mrr,

    ---------- numbers
    cast(month_index as integer) as month_index,
    cast(seasonal_index as {{ double_type() }}) as seasonal_index,

    ---------- dates
    forecast_month,
    as_of_date
from together
