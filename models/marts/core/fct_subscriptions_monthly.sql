-- Recurring revenue by contract and month, and how it moved.
with

contracts as (

    select
        *,
        case
            when mrr is null then null
            when previous_mrr = 0 and mrr > 0 and is_return then 'reactivation'
            when previous_mrr = 0 and mrr > 0 then 'new'
            when previous_mrr > 0 and mrr = 0 then 'churn'
            when mrr > previous_mrr then 'expansion'
            when mrr < previous_mrr then 'contraction'
            else 'unchanged'
        end as movement
    from {{ ref('int_subscriptions__moved') }}

)

select
    ---------- ids
    subscription_month_id,
    subscription_id,
    customer_key,

    ---------- texts
    plan,
    subscription_status,
    movement,

    ---------- numbers
    quantity,
    cast(previous_mrr as {{ money_type() }}) as previous_mrr,
    {%- for movement in ['new', 'expansion', 'contraction', 'churn', 'reactivation'] %}
    cast(case when movement = '{{ movement }}' then abs(mrr - previous_mrr) else 0 * mrr end as {{ money_type() }})
        as {{ movement }}_mrr,
    {%- endfor %}
    cast(mrr as {{ money_type() }}) as mrr,

    ---------- booleans
    is_priced,
    is_first_month,
    is_last_month,
    is_complete,

    ---------- dates
    activity_month,
    counted_on
from contracts
