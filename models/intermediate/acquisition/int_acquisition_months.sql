-- Customers won, what was spent to win and to keep them, and what they brought, by month, channel and campaign: all
-- that the marts add up. Spend has a row of its own whether it won anybody or not.
with

customers as (

    select * from {{ ref('fct_customer_payback') }}

),

costs as (

    select * from {{ ref('int_marketing_costs') }}

),

won as (

    select
        won_month as acquisition_month,
        acquisition_channel as channel,
        acquisition_campaign_id as campaign_id,
        count(*) as customers_won,
        count(value_to_date) as customers_valued,
        count(predicted_value_36m + value_to_date) as customers_predicted,
        sum(advertising_cost) as borne_spend,
        sum(overhead_cost) as borne_overhead,
        sum(value_to_date) as value_to_date,
        {%- for age in value_ages() %}
        sum(value_{{ age }}d) as value_{{ age }}d,
        {%- endfor %}
        sum(case when value_to_date is not null then predicted_value_12m end) as predicted_value_12m,
        sum(case when value_to_date is not null then predicted_value_36m end) as predicted_value_36m

    from customers
    group by
        won_month,
        acquisition_channel,
        acquisition_campaign_id

),

spent as (

    select
        cost_month as acquisition_month,
        channel,
        campaign_id,
        sum(case when objective = 'acquire' then amount else 0 end) as acquire_spend,
        sum(case when is_objective_assumed then amount else 0 end) as assumed_acquire_spend,
        sum(case when objective = 'retain' then amount else 0 end) as retain_spend,
        sum(case when objective = 'win_back' then amount else 0 end) as win_back_spend,
        sum(case when objective = 'unknown' then amount else 0 end) as unknown_objective_spend

    from costs
    where cost_kind = 'advertising'
    group by
        cost_month,
        channel,
        campaign_id

),

-- overheads of months in which there was nobody to bear them
left_over as (

    select
        overheads.cost_month as acquisition_month,
        overheads.channel,
        overheads.campaign_id,
        sum(overheads.amount) as unborne_overhead

    from costs as overheads
    where
        overheads.cost_kind = 'overhead'
        and not exists (
            select 1 from won
            where
                won.acquisition_month = overheads.cost_month
                and (overheads.channel = 'unattributed' or won.channel = overheads.channel)
        )
    group by
        overheads.cost_month,
        overheads.channel,
        overheads.campaign_id

),

months as (

    {% for source in ['won', 'spent', 'left_over'] -%}
    select
        acquisition_month,
        channel,
        campaign_id
    from {{ source }}
    {% if not loop.last %}union{% endif %}
    {% endfor %}

),

-- before the first booking and after the last one cost is not nought but not known
known as (

    select
        min(case when cost_kind = 'advertising' then cost_month end) as first_spend_month,
        max(case when cost_kind = 'advertising' then cost_month end) as last_spend_month,
        min(case when cost_kind = 'overhead' then cost_month end) as first_overhead_month,
        max(case when cost_kind = 'overhead' then cost_month end) as last_overhead_month
    from costs

)

select
    {{ row_key(['months.acquisition_month', 'months.channel', "coalesce(months.campaign_id, '')"]) }}
        as acquisition_entry_id,
    months.acquisition_month,
    months.channel,
    months.campaign_id,
    {% for column in ['customers_won', 'customers_valued', 'customers_predicted'] -%}
    cast(coalesce(won.{{ column }}, 0) as {{ dbt.type_bigint() }}) as {{ column }},
    {% endfor -%}
    {% for column in ['borne_spend', 'borne_overhead', 'value_to_date'] -%}
    cast(coalesce(won.{{ column }}, 0) as {{ money_sum_type() }}) as {{ column }},
    {% endfor -%}
    {% for months_ahead in [12, 36] -%}
    cast(coalesce(won.predicted_value_{{ months_ahead }}m, 0) as {{ money_sum_type() }})
        as predicted_value_{{ months_ahead }}m,
    {% endfor -%}
    {% for age in value_ages() -%}
    cast(coalesce(won.value_{{ age }}d, 0) as {{ money_sum_type() }}) as value_{{ age }}d,
    {% endfor -%}
    {% for column in ['acquire', 'assumed_acquire', 'retain', 'win_back', 'unknown_objective'] -%}
    cast(coalesce(spent.{{ column }}_spend, 0) as {{ money_sum_type() }}) as {{ column }}_spend,
    {% endfor -%}
    cast(coalesce(left_over.unborne_overhead, 0) as {{ money_sum_type() }}) as unborne_overhead,
    coalesce(channel_groups.is_paid, false) as is_paid_channel,
    coalesce(months.acquisition_month between known.first_spend_month and known.last_spend_month, false)
        as is_spend_known,
    coalesce(months.acquisition_month between known.first_overhead_month and known.last_overhead_month, false)
        as is_overhead_known
from months
cross join known
{%- for source in ['won', 'spent', 'left_over'] %}
left join {{ source }}
    on
        months.acquisition_month = {{ source }}.acquisition_month
        and months.channel = {{ source }}.channel
        and coalesce(months.campaign_id, '') = coalesce({{ source }}.campaign_id, '')
{%- endfor %}
left join {{ ref('channel_groups') }} as channel_groups
    on months.channel = channel_groups.acquisition_channel
