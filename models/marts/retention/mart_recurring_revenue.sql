-- Recurring revenue by month and plan: how it moved, how much of it stays, and what a contract is worth.
{%- set movements = ['new', 'expansion', 'contraction', 'churn', 'reactivation'] %}
with

plans as (

    select * from {{ ref('int_recurring_plans__moved') }}

),

customers as (

    select * from {{ ref('int_recurring_plans__customers') }}

),

-- what a contract bills in all, if it bills as long as its plan's contracts last: at once, and at the next 35 renewals
lifetimes as (

    select
        plan,
        {{ exact_sum('survival', 12) }} as months,
        {{ exact_sum('survival * ' ~ discount_factor('tenure_months * ' ~ days_per_month()), 12) }} as discounted_months
    from {{ ref('fct_contract_survival') }}
    where tenure_months < 36
    group by plan

),

-- every month of a plan has a row, from its first contract on
months as (

    select
        firsts.plan,
        {{ add_months('firsts.first_month', 'steps.n') }} as activity_month,
        as_of.as_of_date

    from (
        select
            plan,
            min(activity_month) as first_month
        from plans
        group by plan
    ) as firsts
    cross join {{ ref('base_crm__as_of') }} as as_of
    inner join {{ numbers(600) }} as steps
        on steps.n <= {{ months_between('firsts.first_month', 'as_of.as_of_date') }}

)

select
    ---------- ids
    {{ row_key(['months.activity_month', 'months.plan']) }} as recurring_revenue_id,
    months.plan,

    ---------- recurring revenue, reporting currency: start + movements = end
    {%- for amount in ['start'] + movements + ['switched_in', 'switched_out', 'end'] %}
    cast(coalesce(plans.{{ amount }}_mrr, 0) as {{ money_sum_type() }}) as {{ amount }}_mrr,
    {%- endfor %}

    ---------- customers: start + new + returned - lost + switched in - switched out = end
    {%- for count in ['at_start', 'new', 'returned', 'lost', 'switched_in', 'switched_out', 'at_end'] %}
    coalesce(customers.customers_{{ count }}, 0) as customers_{{ count }},
    {%- endfor %}

    ---------- how much of what was paid a month and a year ago is still paid
    {{ divide('customers.customers_lost', 'customers.customers_at_start') }} as customer_churn_rate,
    {%- for lag in ['1m', '12m'] %}
    customers.base_mrr_{{ lag }},
    customers.kept_mrr_{{ lag }},
    customers.retained_mrr_{{ lag }},
    {{ divide('customers.retained_mrr_' ~ lag, 'customers.base_mrr_' ~ lag) }} as net_revenue_retention_{{ lag }},
    {{ divide('customers.kept_mrr_' ~ lag, 'customers.base_mrr_' ~ lag) }} as gross_revenue_retention_{{ lag }},
    {%- endfor %}

    ---------- per customer and contract
    {{ divide('plans.end_mrr', 'customers.customers_at_end') }} as arpa,
    {{ divide('plans.end_mrr', 'plans.paying_contracts') }} as mrr_per_contract,
    coalesce(own.months, pooled.months) as lifetime_months_36m,
    {%- for months in ['months', 'discounted_months'] %}
    {{ predicted_money(
        divide('plans.end_mrr', 'plans.paying_contracts') ~ ' * coalesce(own.' ~ months ~ ', pooled.' ~ months ~ ')'
    ) }} as lifetime_value_{{ months | replace('months', '') }}36m,
    {%- endfor %}

    ---------- what to look at
    {%- for count in ['paying_contracts', 'contracts_at_zero', 'contracts_without_price'] %}
    coalesce(plans.{{ count }}, 0) as {{ count }},
    {%- endfor %}
    own.months is null and pooled.months is not null as is_pooled_curve,
    {{ month_end('months.activity_month') }} <= months.as_of_date as is_complete,

    ---------- dates
    months.activity_month
from months
left join plans
    on
        months.activity_month = plans.activity_month
        and months.plan = plans.plan
left join customers
    on
        months.activity_month = customers.activity_month
        and months.plan = customers.plan
left join lifetimes as own
    on months.plan = own.plan
-- a plan that is too small for a curve of its own has that of all
left join lifetimes as pooled
    on pooled.plan = 'all_plans'
