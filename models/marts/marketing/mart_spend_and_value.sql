-- What is spent on new and on existing customers, beside what each of them bring: the pitfall of funding acquisition
-- only.
with

as_of as (

    select {{ month_start('as_of_date') }} as as_of_month from {{ ref('base_crm__as_of') }}
    where as_of_date is not null

),

months as (

    select * from {{ ref('int_spend_and_value_months') }}

),

active_months as (

    select distinct activity_month
    from months

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
            when months.spent_on is not null then months.spent_on
            when months.won_month is null then 'other'
            when months.won_month >= periods.first_month then 'new'
            else 'existing'
        end as customer_group,
        months.spend,
        months.net_revenue,
        months.gross_margin,
        months.contribution

    from periods
    inner join months
        on months.activity_month between periods.first_month and periods.last_month

),

summed as (

    select
        period,
        first_month,
        last_month,
        customer_group,
        sum(spend) as spend,
        sum(net_revenue) as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin,
        {{ sum_if_complete('contribution') }} as contribution

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
