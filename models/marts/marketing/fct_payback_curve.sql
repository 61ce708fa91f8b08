-- Which share of customers had paid back what they cost, by months of age: Kaplan-Meier, the naive share beside it.
with

days as (

    select
        *,
        -- the month of age within which the day falls; the first day is month 0
        cast(ceil(age_days / {{ days_per_month() }}) as integer) as age_month,
        cast(floor(oldest_days / {{ days_per_month() }}) as integer) as last_month
    from {{ ref('int_payback_survival') }}

),

members as (

    select
        scope,
        scope_value,
        max(customers) as customers,
        max(last_month) as last_month
    from days
    group by
        scope,
        scope_value

),

by_month as (

    select
        scope,
        scope_value,
        age_month,
        sum(leaving) as leaving,
        max(paid_back_so_far) as paid_back_so_far,
        min(open_share) as open_share,
        -- both fall with the share; where the last one has none, the month has none
        {{ value_at_last('coalesce(open_share_lower_95, -1)', 'age_days') }} as open_share_lower_95,
        {{ value_at_last('coalesce(open_share_upper_95, -1)', 'age_days') }} as open_share_upper_95
    from days
    group by
        scope,
        scope_value,
        age_month

),

-- a month in which nobody was paid back stands where the month before it stood
filled as (

    select
        members.scope,
        members.scope_value,
        members.customers,
        steps.n as age_month,
        members.customers - coalesce(sum(by_month.leaving) over (
            partition by members.scope, members.scope_value
            order by steps.n
            rows between unbounded preceding and 1 preceding
        ), 0) as at_risk,
        coalesce(max(by_month.paid_back_so_far) over so_far, 0) as paid_back_so_far,
        coalesce(min(by_month.open_share) over so_far, 1e0) as open_share,
        coalesce(min(by_month.open_share_lower_95) over so_far, 1e0) as open_share_lower_95,
        coalesce(min(by_month.open_share_upper_95) over so_far, 1e0) as open_share_upper_95

    from members
    inner join {{ numbers(1200) }} as steps
        on members.last_month >= steps.n
    left join by_month
        on
            members.scope = by_month.scope
            and members.scope_value = by_month.scope_value
            and steps.n = by_month.age_month
    window
        so_far as (
            partition by members.scope, members.scope_value
            order by steps.n
            rows between unbounded preceding and current row
        )

),

-- behind the last customer that was watched nothing is known, unless everybody has been paid back
known as (

    select
        *,
        at_risk > 0 or open_share = 0 as is_known,
        at_risk > 0 and open_share_lower_95 >= 0 as has_interval
    from filled

)

select
    ---------- ids
    {{ row_key(['scope', 'scope_value', 'age_month']) }} as payback_month_id,

    ---------- texts
    scope,
    scope_value,

    ---------- numbers
    age_month,
    cast(customers as {{ dbt.type_bigint() }}) as customers,
    cast(at_risk as {{ dbt.type_bigint() }}) as customers_at_risk,
    cast(paid_back_so_far as {{ dbt.type_bigint() }}) as customers_paid_back,
    case when is_known then 1e0 - open_share end as paid_back_share,
    case when has_interval then 1e0 - open_share_upper_95 end as paid_back_share_lower_95,
    case when has_interval then 1e0 - open_share_lower_95 end as paid_back_share_upper_95,
    {{ divide('paid_back_so_far', 'customers') }} as naive_paid_back_share
from known
