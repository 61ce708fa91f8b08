{{ config(materialized='view') }}

-- What each plan's recurring revenue was at the start of a month, how it moved, and what came from or went to other
-- plans of the same customers. The plan `all_plans` adds them up: between plans nothing is lost.
-- A view: contracts are few.
{%- set movements = ['new', 'expansion', 'contraction', 'churn', 'reactivation'] %}
with

by_customer as (

    select
        customer_key,
        activity_month,
        plan,
        coalesce({{ sum_money('mrr') }}, 0) as mrr,
        coalesce({{ sum_money('previous_mrr') }}, 0) as previous_mrr,
        {%- for movement in movements %}
        coalesce({{ sum_money(movement ~ '_mrr') }}, 0) as {{ movement }}_mrr,
        {%- endfor %}
        {{ count_if('mrr > 0') }} as paying_contracts,
        {{ count_if("subscription_status = 'active' and mrr = 0") }} as contracts_at_zero,
        {{ count_if("subscription_status <> 'ended' and not is_priced") }} as contracts_without_price

    from {{ ref('fct_subscriptions_monthly') }}
    group by
        customer_key,
        activity_month,
        plan

),

-- a plan begins a month with what it ended the one before with, also where nobody of it is left
starts as (

    select
        customer_key,
        {{ add_months('activity_month', 1) }} as activity_month,
        plan,
        mrr as start_mrr

    from by_customer
    where
        mrr > 0
        and activity_month < (select max(latest.activity_month) from by_customer as latest)

),

-- what a customer's contracts of a plan began with, beyond what the plan had, came from another plan of the customer
joined as (

    select
        coalesce(by_customer.activity_month, starts.activity_month) as activity_month,
        coalesce(by_customer.plan, starts.plan) as plan,
        starts.start_mrr,
        greatest(coalesce(by_customer.previous_mrr, 0) - coalesce(starts.start_mrr, 0), 0) as switched_in_mrr,
        greatest(coalesce(starts.start_mrr, 0) - coalesce(by_customer.previous_mrr, 0), 0) as switched_out_mrr,
        {%- for movement in movements %}
        by_customer.{{ movement }}_mrr,
        {%- endfor %}
        by_customer.mrr as end_mrr,
        by_customer.paying_contracts,
        by_customer.contracts_at_zero,
        by_customer.contracts_without_price

    from by_customer
    full outer join starts
        on
            by_customer.customer_key = starts.customer_key
            and by_customer.activity_month = starts.activity_month
            and by_customer.plan = starts.plan

),

-- what goes from one plan to another moves nothing for all plans together
with_all_plans as (

    {% for plan in ['plan', "'all_plans'"] -%}
    select
        activity_month,
        {{ plan }} as plan,
        start_mrr,
        {{ 'switched_in_mrr' if plan == 'plan' else '0 * switched_in_mrr' }} as switched_in_mrr,
        {{ 'switched_out_mrr' if plan == 'plan' else '0 * switched_out_mrr' }} as switched_out_mrr,
        {%- for movement in movements %}
        {{ movement }}_mrr,
        {%- endfor %}
        end_mrr,
        paying_contracts,
        contracts_at_zero,
        contracts_without_price
    from joined
    {%- if plan == 'plan' %}
    where plan <> 'all_plans'
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    {{ row_key(['activity_month', 'plan']) }} as plan_month_id,
    {%- for amount in ['start'] + movements + ['switched_in', 'switched_out', 'end'] %}
    coalesce({{ sum_money(amount ~ '_mrr') }}, 0) as {{ amount }}_mrr,
    {%- endfor %}
    {%- for count in ['paying_contracts', 'contracts_at_zero', 'contracts_without_price'] %}
    cast(coalesce(sum({{ count }}), 0) as {{ dbt.type_bigint() }}) as {{ count }},
    {%- endfor %}
    activity_month,
    plan
from with_all_plans
group by
    activity_month,
    plan
