{{ config(materialized='view') }}

-- What the customers' values say about each value method: did it come to a value, and if not, why? A row per method.
-- A view: one model reads it.
{%- set challenger = chosen_variable('challenger', ['none', 'boosted']) %}
with

values_known as (

    select
        count(*) as customers,
        {{ count_if("prediction_status <> 'no_purchase'") }} as buyers,
        count(simple_net_revenue_lifetime) as simple_values,
        count(historical_net_revenue_next_12m) as historical_values,
        count(cohort_net_revenue_next_12m) as cohort_values,
        count(probabilistic_net_revenue_next_12m) as probabilistic_values,
        max(case when prediction_status in ('not_predicted', 'orders_only') then prediction_reason end) as refusal
    from {{ ref('fct_customer_cltv') }}

),

retention as (

    select retention_reason from {{ ref('int_yearly_retention') }}

),

boosted as (

    select {{ count_if("metric = 'predicted_orders' and scope = 'all'") }} as origins
    from {{ ref('fct_cltv_backtest') }}
    where model_name = 'boosted'

),

findings as (

    select
        'simple_cltv' as capability,
        values_known.simple_values as rows_behind,
        case
            when values_known.buyers = 0 then 'empty'
            when values_known.simple_values = 0 then 'off'
            else 'on'
        end as finding_status,
        case
            when values_known.buyers = 0 then 'no customer has bought yet'
            when retention.retention_reason = 'history_under_two_years'
                then 'it needs a yearly retention, and the orders reach back less than two years'
            when retention.retention_reason is not null
                then 'it needs a yearly retention, and fewer than 20 customers bought in the year before last'
        end as finding
    from values_known
    cross join retention
    union all
    select
        'historical_cltv' as capability,
        historical_values as rows_behind,
        case when buyers = 0 then 'empty' else 'on' end as finding_status,
        case when buyers = 0 then 'no customer has bought yet' end as finding
    from values_known
    union all
    select
        'cohort_cltv' as capability,
        cohort_values as rows_behind,
        case
            when buyers = 0 then 'empty'
            when cohort_values = 0 then 'off'
            when cohort_values < buyers then 'degraded'
            else 'on'
        end as finding_status,
        case
            when buyers = 0 then 'no customer has bought yet'
            when cohort_values = 0 then 'no cohort has two complete months of age behind it, so that no growth is known'
            when cohort_values < buyers then 'some customers are younger or older than any cohort that has been watched'
        end as finding
    from values_known
    union all
    select
        'probabilistic_cltv' as capability,
        probabilistic_values as rows_behind,
        case when buyers = 0 then 'empty' when probabilistic_values = 0 then 'off' else 'on' end as finding_status,
        case
            when buyers = 0 then 'no customer has bought yet'
            when refusal = 'too_few_customers'
                then 'fewer customers have bought than prediction_minimum_customers asks for'
            when refusal = 'too_few_repeaters'
                then 'fewer customers have bought again than prediction_minimum_repeaters asks for'
            when probabilistic_values = 0 then 'the model was not fitted: ' || coalesce(refusal, 'no reason given')
        end as finding
    from values_known
    union all
    select
        'challenger' as capability,
        origins as rows_behind,
        case when '{{ challenger }}' = 'none' then 'off' when origins = 0 then 'empty' else 'on' end as finding_status,
        case
            when '{{ challenger }}' = 'none' then 'the variable challenger is none'
            when origins = 0
                then
                    'no date of the back-test lies a whole horizon after another, so that there is nothing to learn'
                    || ' from: raise backtest_origins, or load a longer history'
        end as finding
    from boosted

)

select * from findings
