-- What was spent on customers, by month, channel, campaign and aim, in the reporting currency: advertising, and the
-- overheads of acquisition. Nothing is left out: what names no channel is `unattributed`.
with

campaigns as (

    select * from {{ ref('stg_crm__campaigns') }}

),

-- without any campaign nobody can say what spend was for
campaigns_known as (

    select count(*) as campaigns from campaigns

),

advertising as (

    select
        spend.spend_date as booked_on,
        -- a row without a channel has that of its campaign
        lower(coalesce(spend.channel, campaigns.channel)) as channel,
        spend.campaign_id,
        'advertising' as cost_kind,
        -- only what its campaign was started for tells; spend that names none is taken for acquisition, and flagged
        case
            when campaigns.objective is not null then campaigns.objective
            when campaigns_known.campaigns = 0 or spend.campaign_id is null then 'acquire'
            else 'unknown'
        end as objective,
        campaigns.objective is null and (campaigns_known.campaigns = 0 or spend.campaign_id is null)
            as is_objective_assumed,
        {{ to_reporting('spend.amount', 'spend.rate_to_reporting') }} as amount

    from {{ ref('stg_crm__campaign_spend') }} as spend
    cross join campaigns_known
    left join campaigns
        on spend.campaign_id = campaigns.campaign_id

),

overheads as (

    select
        booked_on,
        lower(channel) as channel,
        cast(null as {{ dbt.type_string() }}) as campaign_id,
        'overhead' as cost_kind,
        'acquire' as objective,
        false as is_objective_assumed,
        {{ to_reporting('amount', 'rate_to_reporting') }} as amount

    from {{ ref('stg_crm__overheads') }}
    where purpose = 'acquisition'

),

booked as (

    select * from advertising
    union all
    select * from overheads

),

by_month as (

    select
        {{ month_start('booked_on') }} as cost_month,
        case when channel is null or channel = 'unknown' then 'unattributed' else channel end as channel,
        campaign_id,
        cost_kind,
        objective,
        is_objective_assumed,
        {{ sum_money('amount') }} as amount

    from booked
    group by
        {{ month_start('booked_on') }},
        case when channel is null or channel = 'unknown' then 'unattributed' else channel end,
        campaign_id,
        cost_kind,
        objective,
        is_objective_assumed

)

select
    {{ row_key(
        ['cost_month', 'channel', "coalesce(campaign_id, '')", 'cost_kind', 'objective', 'is_objective_assumed']
    ) }} as marketing_cost_id,
    *
from by_month
