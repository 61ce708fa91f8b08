-- The four weeks of a back-test cover every repeat purchase of its customers once, to the end of the holdout.
with

tracked as (

    select
        origin_id,
        model_name,
        sum(actual_purchases) as purchases
    from {{ ref('fct_cltv_tracking') }}
    group by
        origin_id,
        model_name

),

outcomes as (

    select
        histories.origin_id,
        sum(histories.frequency) + sum(outcomes.holdout_orders) as purchases
    from {{ ref('int_purchase_histories') }} as histories
    inner join {{ ref('int_backtest_outcomes') }} as outcomes
        on
            histories.origin_id = outcomes.origin_id
            and histories.customer_key = outcomes.customer_key
    group by histories.origin_id

)

select
    tracked.origin_id,
    tracked.model_name,
    tracked.purchases,
    outcomes.purchases as purchases_of_histories
from tracked
inner join outcomes
    on tracked.origin_id = outcomes.origin_id
where tracked.purchases <> outcomes.purchases
