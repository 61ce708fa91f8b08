-- Which share of customers has not been paid back by each day of age: Kaplan-Meier. Whoever is young and not paid back
-- yet counts as long as they were watched, and not as a failure. A row per day on which somebody was paid back or was
-- watched last.
with

customers as (

    select
        *,
        coalesce(payback_days, observed_days) as age_days
    from {{ ref('fct_customer_payback') }}
    where is_paid_back is not null

),

scoped as (

    {% for scope, rule in acquisition_scopes().items() -%}
    select
        '{{ scope }}' as scope,
        {{ rule.member }} as scope_value,
        age_days,
        count(*) as leaving,
        count(payback_days) as paid_back,
        max(observed_days) as observed_days
    from customers
    where {{ rule.rows }}
    group by
        {{ rule.member }},
        age_days
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

open_days as (

    {{ open_shares('scoped', ['scope', 'scope_value']) }}

),

measured as (

    select
        *,
        sum(leaving) over (partition by scope, scope_value) as customers,
        max(observed_days) over (partition by scope, scope_value) as oldest_days,
        -- Greenwood's variance of the logarithm of the share
        sum(case when paid_back < at_risk then {{ divide('paid_back', 'at_risk * (at_risk - paid_back)') }} else 0 end)
            over (
                partition by scope, scope_value
                order by age_days
                rows between unbounded preceding and current row
            ) as log_variance
    from open_days

),

bounded as (

    select
        *,
        -- on the scale of log(-log S), so that the interval stays within 0 and 1; without an event, or a survivor, none
        case
            when paid_back < at_risk and log_share < 0
                then exp(least(1.959963984540054e0 * sqrt(log_variance) / -log_share, 7e2))
        end as reach
    from measured

)

select
    {{ row_key(['scope', 'scope_value', 'age_days']) }} as payback_day_id,
    scope,
    scope_value,
    cast(age_days as integer) as age_days,
    customers,
    cast(oldest_days as integer) as oldest_days,
    cast(at_risk as {{ dbt.type_bigint() }}) as at_risk,
    cast(leaving as {{ dbt.type_bigint() }}) as leaving,
    cast(paid_back_so_far as {{ dbt.type_bigint() }}) as paid_back_so_far,
    open_share,
    case
        when reach is not null then round(exp(greatest(log_share * reach, -7e2)), 12)
        when paid_back < at_risk then 1e0
    end as open_share_lower_95,
    case
        when reach is not null then round(exp(log_share / reach), 12)
        when paid_back < at_risk then 1e0
    end as open_share_upper_95
from bounded
