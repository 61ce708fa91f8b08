{{ config(materialized='view') }}

-- What the customers that there are, those to come, and both together are worth today, before what winning them and
-- running the business cost; beside it how far past totals were off.
-- A view: one model reads it.
with

cells as (

    select * from {{ ref('int_forecast_cells') }}
    where origin_id = 'now'

),

forecast as (

    select * from {{ ref('int_order_forecast') }}
    where origin_id = 'now'

),

-- contribution where there are rates for service, the margin before it where there are none
basis as (

    select case when count(order_value_contribution) > 0 then 'contribution' else 'gross_margin' end as value_basis
    from cells

),

existing as (

    select
        {%- for part in ['36m', 'lifetime'] %}
        {{ exact_sum(
            'cells.discounted_orders_' ~ part ~ ' * case'
            ~ " when basis.value_basis = 'contribution' then cells.order_value_contribution"
            ~ ' else cells.order_value_gross_margin end'
        ) }} as value_{{ part }},
        {%- endfor %}
        cast(sum(cells.customers) as {{ double_type() }}) as customers
    from cells
    cross join basis

),

future as (

    select
        {%- for part, months in {'36m': '<= 36', 'beyond_36m': '> 36'}.items() %}
        {{ exact_sum(
            'case when forecast.measure = basis.value_basis and forecast.month_index ' ~ months
            ~ ' then forecast.present_value end'
        ) }} as value_{{ part }},
        {%- endfor %}
        {{ exact_sum("case when forecast.measure = 'first_orders' then forecast.expected end") }} as customers,
        {{ exact_sum("case when forecast.measure = 'first_orders' then forecast.present_value end") }}
            as discounted_customers
    from forecast
    cross join basis
    where forecast.forecast_source = 'new_customers'

),

-- what service cost was not known at past origins: the band of the margin before it stands in
bands as (

    select
        forecast_source,
        max(ratio_lower) as ratio_lower,
        max(ratio_upper) as ratio_upper
    from forecast
    where measure = 'gross_margin'
    group by forecast_source

),

sources as (

    select
        'existing_customers' as forecast_source,
        customers,
        null as discounted_customers,
        value_36m,
        value_lifetime - value_36m as value_beyond_36m
    from existing

    union all

    select
        'new_customers' as forecast_source,
        customers,
        discounted_customers,
        value_36m,
        value_beyond_36m
    from future

    union all

    select
        'all_customers' as forecast_source,
        coalesce(existing.customers + future.customers, existing.customers, future.customers) as customers,
        null as discounted_customers,
        existing.value_36m + future.value_36m as value_36m,
        existing.value_lifetime - existing.value_36m + future.value_beyond_36m as value_beyond_36m
    from existing
    cross join future

)

select
    sources.*,
    basis.value_basis,
    bands.ratio_lower,
    bands.ratio_upper
from sources
cross join basis
left join bands
    on sources.forecast_source = bands.forecast_source
