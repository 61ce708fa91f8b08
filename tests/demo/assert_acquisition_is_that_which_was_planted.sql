-- Planted: what a campaign spends for each customer it wins, which share of a channel's customers campaigns win, and
-- which share had brought back that cost (worked out by the generator from its own arrays, to the day). CAC and payback
-- by channel are within what chance explains: three standard errors.
{{ config(enabled=demo_is_as_planted(figures=true)) }}
with

planted as (

    select
        channel,
        max(case when measure = 'cost_per_campaign_customer' then value end) as planned_cost,
        max(case when measure = 'campaign_share' then value end) as campaign_share,
        max(case when measure = 'paid_back_share_180d' then value end) as share_180d,
        max(case when measure = 'paid_back_share_360d' then value end) as share_360d
    from {{ ref('demo_truth_economics') }}
    group by channel

),

months as (

    select count(distinct acquisition_month) as months from {{ ref('fct_acquisition_monthly') }}

),

costs as (

    select
        found.scope_value as channel,
        found.advertising_cac as found_value,
        -- each campaign's month costs 0.3 customers more than it won
        planted.planned_cost * (planted.campaign_share + 0.3 * months.months / found.customers_won) as planted_value,
        -- chance: who came through a campaign, and the noise of 0.85 to 1.15 on each month
        planted.planned_cost * sqrt(
            planted.campaign_share * (1 - planted.campaign_share) / found.customers_won
            + power(0.3, 2) / 12 / months.months
        ) as standard_error

    from {{ ref('mart_acquisition_cost') }} as found
    inner join planted
        on found.scope_value = planted.channel
    cross join months
    where
        found.scope = 'channel'
        and found.period = 'total'

),

shares as (

    {% for age in [180, 360] -%}
    select
        found.acquisition_channel as channel,
        avg(case when found.payback_days <= {{ age }} then 1e0 else 0e0 end) as found_value,
        max(planted.share_{{ age }}d) as planted_value,
        sqrt(max(planted.share_{{ age }}d * (1 - planted.share_{{ age }}d)) / count(*)) as standard_error
    from {{ ref('fct_customer_payback') }} as found
    inner join planted
        on found.acquisition_channel = planted.channel
    where found.observed_days >= {{ age }}
    group by found.acquisition_channel
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from costs
where abs(found_value - planted_value) > 3 * standard_error
union all
select * from shares
where abs(found_value - planted_value) > 3 * standard_error
