-- Campaigns, with what they have cost up to the as-of date.
with

campaigns as (

    select * from {{ ref('stg_crm__campaigns') }}

),

-- one row per campaign before the join: spend comes by day or month
spend as (

    select
        campaign_id,
        {{ sum_money(to_reporting('amount', 'rate_to_reporting')) }} as spend

    from {{ ref('stg_crm__campaign_spend') }}
    group by campaign_id

)

select
    ---------- ids
    campaigns.campaign_id,

    ---------- texts
    coalesce(campaigns.campaign_name, campaigns.campaign_id) as campaign_name,
    coalesce(lower(campaigns.channel), 'unknown') as channel,
    coalesce(campaigns.objective, 'unknown') as objective,

    ---------- numbers
    cast(coalesce(spend.spend, 0) as {{ money_type() }}) as spend,

    ---------- dates
    campaigns.started_on,
    campaigns.ended_on
from campaigns
left join spend
    on campaigns.campaign_id = spend.campaign_id
