-- What is spent on new and on existing customers, beside what each of them bring: the pitfall of funding acquisition
-- only.
with

as_of as (

    select {{ month_start('as_of_date') }} as as_of_month from {{ ref('base_crm__as_of') }}
    where as_of_date is not null

),

customers as (

    select * from {{ ref('fct_customer_payback') }}

),

-- one row per month in which the customers were won, and month in which they brought something
brought as (

    select
        customers.won_month,
        months.activity_month,
        sum(months.net_revenue_restated) as net_revenue,
        {{ sum_if_complete('months.gross_margin_restated') }} as gross_margin,
        {{ sum_if_complete('months.contribution_restated') }} as contribution,
        count(*) - count(months.gross_margin_restated) as unknown_margins,
        count(*) - count(months.contribution_restated) as unknown_contributions

    from {{ ref('fct_customer_monthly_value') }} as months
    left join customers
        on months.customer_key = customers.customer_key
    group by
        customers.won_month,
        months.activity_month

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

active_months as (

    select activity_month from brought
    union
    select activity_month from spent

),

periods as (

    select
        'month' as period,
        activity_month as first_month,
        activity_month as last_month
    from active_months
    union all
    -- the running year ends with the month of the as-of date
    select distinct
        'year' as period,
        cast({{ dbt.date_trunc('year', 'active_months.activity_month') }} as date) as first_month,
        least(
            {{ add_months('cast(' ~ dbt.date_trunc('year', 'active_months.activity_month') ~ ' as date)', 11) }},
            as_of.as_of_month
        ) as last_month
    from active_months
    cross join as_of
    union all
    select
        'last_12_months' as period,
        {{ add_months('as_of_month', -11) }} as first_month,
        as_of_month as last_month
    from as_of

),

-- who was won within the period is new in it; guests and whoever has not bought yet are neither
entries as (

    select
        periods.*,
        case
            when brought.won_month is null then 'other'
            when brought.won_month >= periods.first_month then 'new'
            else 'existing'
        end as customer_group,
        null as spend,
        brought.net_revenue,
        brought.gross_margin,
        brought.contribution,
        brought.unknown_margins,
        brought.unknown_contributions

    from periods
    inner join brought
        on brought.activity_month between periods.first_month and periods.last_month
    {%- for customer_group, column in [
        ('new', 'acquire_spend'), ('existing', 'keeping_spend'), ('other', 'unknown_objective_spend')
    ] %}
    union all
    select
        periods.*,
        '{{ customer_group }}' as customer_group,
        spent.{{ column }} as spend,
        0 as net_revenue,
        0 as gross_margin,
        0 as contribution,
        0 as unknown_margins,
        0 as unknown_contributions

    from periods
    inner join spent
        on spent.activity_month between periods.first_month and periods.last_month
    {%- endfor %}

),

summed as (

    select
        period,
        first_month,
        last_month,
        customer_group,
        sum(spend) as spend,
        sum(net_revenue) as net_revenue,
        case when sum(unknown_margins) = 0 then sum(gross_margin) end as gross_margin,
        case when sum(unknown_contributions) = 0 then sum(contribution) end as contribution

    from entries
    group by
        period,
        first_month,
        last_month,
        customer_group

),

shared as (

    select
        {%- for amount in ['spend', 'net_revenue', 'gross_margin', 'contribution'] %}
        case
            when count({{ amount }}) over whole_period = count(*) over whole_period
                then {{ divide(amount, 'sum(' ~ amount ~ ') over whole_period') }}
        end as {{ amount }}_share,
        {%- endfor %}
        *
    from summed
    window whole_period as (partition by period, first_month)

)

select
    ---------- ids
    {{ row_key(['period', 'first_month', 'customer_group']) }} as spend_and_value_id,

    ---------- texts
    period,
    customer_group,

    ---------- amounts, reporting currency, without tax, refunds on the order's date
    cast(spend as {{ money_sum_type() }}) as spend,
    cast(net_revenue as {{ money_sum_type() }}) as net_revenue,
    cast(gross_margin as {{ money_sum_type() }}) as gross_margin,
    cast(contribution as {{ money_sum_type() }}) as contribution,

    ---------- shares of the period
    spend_share,
    net_revenue_share,
    gross_margin_share,
    contribution_share,

    ---------- dates
    first_month,
    last_month
from shared
