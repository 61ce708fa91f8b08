{{ config(materialized='view') }}

-- The forecast, a row per month and source: what is expected, and the band around it. A month of which nothing can be
-- foreseen has a row, too, and says why.
-- A view: it has a row per month and source.
{%- set measures = ['orders'] + forecast_bases() %}
with

as_of as (

    select
        as_of_date,
        {{ month_start('as_of_date') }} as running_month
    from {{ ref('base_crm__as_of') }}
    where as_of_date is not null

),

sources as (

    {% for source in ['existing_customers', 'new_customers', 'all_customers'] -%}
    select '{{ source }}' as forecast_source{{ ' union all' if not loop.last }}
    {% endfor %}

),

months as (

    select
        sources.forecast_source,
        steps.n as month_index,
        {{ add_months('as_of.running_month', 'steps.n') }} as forecast_month,
        as_of.as_of_date

    from as_of
    cross join sources
    inner join {{ numbers(24) }} as steps
        on
            -- month 0 is what is left of the running one
            steps.n > 0
            or {{ month_end('as_of.running_month') }} > as_of.as_of_date

),

forecast as (

    select
        forecast_source,
        month_index,
        max(seasonal_index) as seasonal_index,
        max(case when measure = 'first_orders' then expected end) as first_orders,
        {%- for measure in measures %}
        max(case when measure = '{{ measure }}' then expected end) as {{ measure }},
        max(case when measure = '{{ measure }}' then ratio_lower end) as {{ measure }}_ratio_lower,
        max(case when measure = '{{ measure }}' then ratio_upper end) as {{ measure }}_ratio_upper,
        {%- endfor %}
        max(case when measure = 'net_revenue' then band_reason end) as band_reason

    from {{ ref('int_order_forecast') }}
    where origin_id = 'now'
    group by
        forecast_source,
        month_index

),

refused as (

    select max(note) as reason
    from {{ ref('int_purchase_model_fits') }}
    where
        origin_id = 'now'
        and name = 'fit_status'
        and model_name = 'ensemble'

)

select
    {{ row_key(['months.forecast_month', 'months.forecast_source']) }} as forecast_month_id,
    months.forecast_source,
    months.forecast_month,
    months.month_index,
    months.as_of_date,
    forecast.seasonal_index,
    case when months.forecast_source = 'existing_customers' then 0 * forecast.orders else forecast.first_orders end
        as first_orders,
    {%- for measure in measures %}
    {#- what service cost was not known at past origins: the band of the margin before it stands in #}
    {%- set band = 'gross_margin' if measure == 'contribution' else measure %}
    forecast.{{ measure }},
    forecast.{{ measure }} * forecast.{{ band }}_ratio_lower as {{ measure }}_lower,
    forecast.{{ measure }} * forecast.{{ band }}_ratio_upper as {{ measure }}_upper,
    {%- endfor %}
    case
        when forecast.forecast_source is null then coalesce(refused.reason, 'no_customers')
        when forecast.net_revenue is null then 'no_value_model'
        when forecast.gross_margin is null then 'margin_not_known'
    end as forecast_reason,
    forecast.band_reason
from months
cross join refused
left join forecast
    on
        months.forecast_source = forecast.forecast_source
        and months.month_index = forecast.month_index
