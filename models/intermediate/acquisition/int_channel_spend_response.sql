{{ config(materialized='view') }}

-- What another amount of spend has won by month within a channel: customers won, regressed on the acquire spend of the
-- month and on time, so that what only grew together does not count. Closed form: two regressors need no library.
-- A view: it has a row per channel.
with

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

spend as (

    select
        cost_month,
        channel,
        cast(sum(amount) as {{ double_type() }}) as spend
    from {{ ref('int_marketing_costs') }}
    where
        objective = 'acquire'
        and cost_kind = 'advertising'
    group by
        cost_month,
        channel

),

won as (

    select
        won_month,
        acquisition_channel,
        cast(count(*) as {{ double_type() }}) as customers
    from {{ ref('int_customers__won') }}
    group by
        won_month,
        acquisition_channel

),

spans as (

    select
        spend.channel,
        min(spend.cost_month) as first_month,
        least(
            max(spend.cost_month), {{ add_months(month_start(add_days('max(as_of.as_of_date)', 1)), -1) }}
        ) as last_month
    from spend
    cross join as_of
    group by spend.channel

),

-- complete months from the first spend to the last; one without spend or without customers counts as 0
months as (

    select
        spans.channel,
        cast(steps.n as {{ double_type() }}) as t,
        coalesce(spend.spend, 0) as x,
        coalesce(won.customers, 0) as y

    from spans
    inner join {{ numbers(600) }} as steps
        on {{ add_months('spans.first_month', 'steps.n') }} <= spans.last_month
    left join spend
        on
            spans.channel = spend.channel
            and {{ add_months('spans.first_month', 'steps.n') }} = spend.cost_month
    left join won
        on
            spans.channel = won.acquisition_channel
            and {{ add_months('spans.first_month', 'steps.n') }} = won.won_month

),

centred as (

    select
        channel,
        t - avg(t) over (partition by channel) as t,
        x - avg(x) over (partition by channel) as x,
        y - avg(y) over (partition by channel) as y,
        avg(x) over (partition by channel) as mean_x
    from months

),

moments as (

    select
        {%- for product in ['tt', 'tx', 'ty', 'xx', 'xy', 'yy'] %}
        -- in decimal: a sum of doubles depends on the order of its rows
        cast(sum(cast({{ product[0] }} * {{ product[1] }} as decimal(38, 8))) as {{ double_type() }})
            as {{ product }},
        {%- endfor %}
        max(mean_x) as mean_spend,
        count(*) as months,
        channel
    from centred
    group by channel

),

-- what is left of spend and customers once the line through time is taken off (Frisch & Waugh)
detrended as (

    select
        channel,
        months,
        mean_spend,
        xx - coalesce({{ divide('tx * tx', 'tt') }}, 0) as spend_squares,
        xy - coalesce({{ divide('tx * ty', 'tt') }}, 0) as products,
        yy - coalesce({{ divide('ty * ty', 'tt') }}, 0) as customer_squares
    from moments

),

fitted as (

    select
        channel,
        cast(months as integer) as months,
        {{ divide(
            'sqrt(greatest(' ~ divide('spend_squares', 'months - 2') ~ ', 0))', 'mean_spend'
        ) }} as spend_variation,
        {{ divide('products', 'spend_squares') }} as customers_per_spend,
        sqrt(greatest({{ divide(
            divide('customer_squares - ' ~ divide('products * products', 'spend_squares'), 'months - 3'),
            'spend_squares'
        ) }}, 0)) as customers_per_spend_error
    from detrended

),

judged as (

    select
        *,
        case
            when months < 12 then 'too_few_months'
            when coalesce(spend_variation, 0) < 0.1 then 'spend_hardly_varies'
            when coalesce(customers_per_spend, 0) <= 2 * customers_per_spend_error then 'no_effect_seen'
        end as marginal_reason
    from fitted

)

select
    channel,
    months,
    round(spend_variation, 6) as spend_variation,
    round(customers_per_spend, 9) as customers_per_spend,
    round(customers_per_spend_error, 9) as customers_per_spend_error,
    marginal_reason,
    case when marginal_reason is null then round({{ divide('1', 'customers_per_spend') }}, 2) end as marginal_cost,
    -- by the delta method
    case
        when marginal_reason is null
            then round({{ divide('customers_per_spend_error', 'customers_per_spend * customers_per_spend') }}, 2)
    end as marginal_cost_error
from judged
