-- What each month brought, by the month in which its customers were won, and what was spent in it, by whom it was meant
-- for, under each other.
-- A table: it is small, and its reader and its test would else both run through all customers' months.
with

-- guests and whoever has not bought yet were won in no month
brought as (

    select
        months.activity_month,
        customers.won_month,
        sum(months.net_revenue_restated) as net_revenue,
        {{ sum_if_complete('months.gross_margin_restated') }} as gross_margin,
        {{ sum_if_complete('months.contribution_restated') }} as contribution

    from {{ ref('fct_customer_monthly_value') }} as months
    left join {{ ref('fct_customer_payback') }} as customers
        on months.customer_key = customers.customer_key
    group by
        months.activity_month,
        customers.won_month

),

spent as (

    select
        acquisition_month as activity_month,
        sum(acquire_spend) as acquire_spend,
        sum(retain_spend + win_back_spend) as keeping_spend,
        sum(unknown_objective_spend) as unknown_objective_spend
    from {{ ref('fct_acquisition_monthly') }}
    -- a month whose spend is not known has no row, and not one of nought
    where is_spend_known
    group by acquisition_month

),

together as (

    select
        activity_month,
        won_month,
        null as spent_on,
        null as spend,
        net_revenue,
        gross_margin,
        contribution
    from brought
    {%- for spent_on, column in [
        ('new', 'acquire_spend'), ('existing', 'keeping_spend'), ('other', 'unknown_objective_spend')
    ] %}

    union all

    select
        activity_month,
        null as won_month,
        '{{ spent_on }}' as spent_on,
        {{ column }} as spend,
        0 as net_revenue,
        0 as gross_margin,
        0 as contribution
    from spent
    {%- endfor %}

)

select
    {{ row_key(['activity_month', "coalesce(" ~ as_text('won_month') ~ ", '')", "coalesce(spent_on, '')"]) }}
        as spend_and_value_month_id,
    activity_month,
    won_month,
    spent_on,
    cast(spend as {{ money_sum_type() }}) as spend,
    cast(net_revenue as {{ money_sum_type() }}) as net_revenue,
    cast(gross_margin as {{ money_sum_type() }}) as gross_margin,
    cast(contribution as {{ money_sum_type() }}) as contribution
from together
