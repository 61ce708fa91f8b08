{{ config(materialized='view') }}

-- What a customer pays in a month beside what the same customer paid one and twelve months before: a row for each month
-- in which any of the three is above 0.
-- A view: contracts are few.
{%- set lags = {'': 0, '_1m_before': 1, '_12m_before': 12} %}
with

by_plan as (

    select
        customer_key,
        activity_month,
        plan,
        {{ sum_money('mrr') }} as mrr
    from {{ ref('fct_subscriptions_monthly') }}
    group by
        customer_key,
        activity_month,
        plan
    having sum(mrr) > 0

),

-- somebody with several plans is counted once, in the one that they pay most for
paying as (

    select
        customer_key,
        activity_month,
        {{ sum_money('mrr') }} as mrr,
        {{ value_of_first('plan', ['-mrr', 'plan']) }} as plan,
        min(activity_month) over (partition by customer_key) as first_paid_month

    from by_plan
    group by
        customer_key,
        activity_month

),

lags as (

    {% for months in lags.values() -%}
    select {{ months }} as months{{ ' union all' if not loop.last }}
    {% endfor %}

),

lagged as (

    select
        paying.customer_key,
        {{ add_months('paying.activity_month', 'lags.months') }} as activity_month,
        lags.months,
        paying.mrr,
        paying.plan,
        paying.first_paid_month

    from paying
    cross join lags

)

select
    {{ row_key(['customer_key', 'activity_month']) }} as customer_month_id,
    customer_key,
    activity_month,
    {%- for ending, months in lags.items() %}
    max(case when months = {{ months }} then plan end) as plan{{ ending }},
    {{ sum_money('case when months = ' ~ months ~ ' then mrr else 0 end') }} as mrr{{ ending }},
    {%- endfor %}
    activity_month = min(first_paid_month) as is_first_paid_month
from lagged
-- nobody knows yet what will be paid later
where activity_month <= (select max(latest.activity_month) from {{ ref('fct_subscriptions_monthly') }} as latest)
group by
    customer_key,
    activity_month
