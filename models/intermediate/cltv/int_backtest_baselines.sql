{{ config(materialized='view') }}

-- What simple rules would have foreseen for each customer at each back-test origin, in money.
-- A view: one model reads it.
with

histories as (

    select
        placed.*,
        origins.horizon_days,
        origins.horizon_label,
        outcomes.holdout_net_revenue,
        outcomes.net_revenue_last_year,
        outcomes.orders_last_year,
        greatest(placed.age_days, {{ count_variable('run_rate_floor_days', 1) }}) as rate_days

    from {{ ref('int_histories__placed') }} as placed
    inner join {{ ref('int_backtest_outcomes') }} as outcomes
        on
            placed.origin_id = outcomes.origin_id
            and placed.customer_key = outcomes.customer_key
    inner join {{ ref('int_prediction_origins') }} as origins
        on
            placed.origin_id = origins.origin_id
            and origins.origin_kind = 'backtest'

),

-- what a group brought per customer and day, and how many of last year's customers came back within the year
populations as (

    select
        origin_id,
        acquisition_channel,
        customer_type,
        {{ divide('sum(net_revenue)', 'sum(age_days + 1)') }} as daily_net_revenue,
        {{ sum_money('net_revenue_last_year') }} as net_revenue_last_year,
        {{ count_if('orders_last_year > 0') }} as buyers_last_year,
        {{ count_if('age_days >= 365') }} as earlier_customers,
        {{ count_if('age_days >= 365 and age_days - recency_days < 365') }} as returned_customers
    from histories
    group by
        origin_id,
        acquisition_channel,
        customer_type

),

retentions as (

    select
        origin_id,
        coalesce({{ divide('sum(net_revenue_last_year)', 'sum(buyers_last_year)') }}, 0) as yearly_net_revenue,
        least(
            0.95e0,
            greatest(0.01e0, coalesce({{ divide('sum(returned_customers)', 'sum(earlier_customers)') }}, 0.5e0))
        ) as yearly_retention
    from populations
    group by origin_id

)

select
    histories.history_id,
    histories.origin_id,
    histories.customer_key,
    histories.acquisition_channel,
    histories.customer_type,
    histories.sample_number,
    histories.holdout_net_revenue,
    populations.daily_net_revenue * histories.horizon_days as segment_mean,
    {{ divide('histories.net_revenue', 'histories.rate_days') }} * histories.horizon_days as run_rate,
    {{ divide('histories.net_revenue_last_year', 'least(histories.rate_days, 365)') }} * histories.horizon_days
        as last_12_months,
    -- silent for more than twice the usual gap, or for half a year after a single purchase: gone
    case
        when
            histories.age_days - histories.recency_days
            <= greatest(coalesce(2 * {{ divide('histories.recency_days', 'histories.frequency') }}, 182), 30)
            then {{ divide('histories.net_revenue', 'histories.rate_days') }} * histories.horizon_days
        else 0
    end as hiatus_rule,
    -- the textbook's: what a buyer of last year brought, for as long as a lifespan lasts; the same for everybody
    retentions.yearly_net_revenue * least(histories.horizon_days / 365e0, 1 / (1 - retentions.yearly_retention))
        as simple_lifespan,
    -- the own rate, fading day by day as customers of this business leave
    {{ divide('histories.net_revenue', 'histories.rate_days') }} * 365
    * (power(retentions.yearly_retention, histories.horizon_days / 365e0) - 1) / ln(retentions.yearly_retention)
        as retention_adjusted

from histories
inner join populations
    on
        histories.origin_id = populations.origin_id
        and histories.acquisition_channel = populations.acquisition_channel
        and histories.customer_type = populations.customer_type
inner join retentions
    on histories.origin_id = retentions.origin_id
