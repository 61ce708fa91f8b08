{{ config(materialized='view') }}

-- Customers of each plan and month: who came, who went, and what those who paid one and twelve months before pay now.
-- Whoever did not pay then is no part of it, so that growth by new customers is no retention.
-- A view: contracts are few.
{%- set endings = ['', '_1m_before', '_12m_before'] %}
with

followed as (

    select * from {{ ref('int_recurring_customers__followed') }}

),

-- once by their plans, and once as customers of all plans together
scoped as (

    {% for all_plans in [false, true] -%}
    select
        activity_month,
        {%- for ending in endings %}
        {%- set plan = 'plan' ~ ending %}
        case when {{ plan }} is not null then {{ "'all_plans'" if all_plans else plan }} end as {{ plan }},
        {{ 'mrr' ~ ending }},
        {%- endfor %}
        is_first_paid_month
    from followed
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

now as (

    select
        activity_month,
        plan,
        count(*) as customers_at_end,
        {{ count_if('plan_1m_before is null and is_first_paid_month') }} as customers_new,
        {{ count_if('plan_1m_before is null and not is_first_paid_month') }} as customers_returned,
        {{ count_if('plan_1m_before <> plan') }} as customers_switched_in

    from scoped
    where plan is not null
    group by
        activity_month,
        plan

),

{% for lag in ['1m', '12m'] -%}
then_{{ lag }} as (

    select
        activity_month,
        plan_{{ lag }}_before as plan,
        count(*) as customers_at_start,
        {{ count_if('plan is null') }} as customers_lost,
        {{ count_if('plan <> plan_' ~ lag ~ '_before') }} as customers_switched_out,
        {{ sum_money('mrr_' ~ lag ~ '_before') }} as base_mrr_{{ lag }},
        {{ sum_money('least(mrr, mrr_' ~ lag ~ '_before)') }} as kept_mrr_{{ lag }},
        {{ sum_money('mrr') }} as retained_mrr_{{ lag }}

    from scoped
    where plan_{{ lag }}_before is not null
    group by
        activity_month,
        plan_{{ lag }}_before

),

{% endfor -%}
plan_months as (

    select
        activity_month,
        plan
    from now
    union distinct
    select
        activity_month,
        plan
    from then_1m
    union distinct
    select
        activity_month,
        plan
    from then_12m

)

select
    {{ row_key(['plan_months.activity_month', 'plan_months.plan']) }} as plan_month_id,
    plan_months.activity_month,
    plan_months.plan,
    coalesce(then_1m.customers_at_start, 0) as customers_at_start,
    {%- for count in ['new', 'returned'] %}
    coalesce(now.customers_{{ count }}, 0) as customers_{{ count }},
    {%- endfor %}
    coalesce(then_1m.customers_lost, 0) as customers_lost,
    coalesce(now.customers_switched_in, 0) as customers_switched_in,
    coalesce(then_1m.customers_switched_out, 0) as customers_switched_out,
    {%- for lag in ['1m', '12m'] %}
    then_{{ lag }}.base_mrr_{{ lag }},
    then_{{ lag }}.kept_mrr_{{ lag }},
    then_{{ lag }}.retained_mrr_{{ lag }},
    {%- endfor %}
    coalesce(now.customers_at_end, 0) as customers_at_end
from plan_months
left join now
    on
        plan_months.activity_month = now.activity_month
        and plan_months.plan = now.plan
{%- for lag in ['1m', '12m'] %}
left join then_{{ lag }}
    on
        plan_months.activity_month = then_{{ lag }}.activity_month
        and plan_months.plan = then_{{ lag }}.plan
{%- endfor %}
