{{ config(materialized='view') }}

-- What another amount of spend has won by month within a channel: customers won, regressed on the acquire spend of the
-- month and on time, so that what only grew together does not count. Closed form: two regressors need no library.
-- A view: it has a row per channel.
with

months as (

    select
        channel,
        cast(month_number as {{ double_type() }}) as t,
        cast(spend as {{ double_type() }}) as x,
        cast(customers_won as {{ double_type() }}) as y
    from {{ ref('int_channel_months') }}

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
        {{ exact_sum(product[0] ~ ' * ' ~ product[1], 8, 38) }} as {{ product }},
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
