-- Every customer with a history is in exactly one cell, and every cell has a score when its model was fitted.
with

histories as (

    select
        origin_id,
        count(*) as customers,
        sum(frequency) as repeat_purchases
    from {{ ref('int_purchase_histories') }}
    group by origin_id

),

cells as (

    select
        origin_id,
        sum(customers) as customers,
        sum(customers * frequency) as repeat_purchases
    from {{ ref('int_purchase_cells') }}
    group by origin_id

),

predicted as (

    select
        origin_id,
        count(*) as customers,
        count(model_name) as scored_customers
    from {{ ref('int_customers__predicted') }}
    group by origin_id

)

select
    histories.origin_id,
    histories.customers,
    cells.customers as customers_in_cells,
    predicted.scored_customers
from histories
left join cells
    on histories.origin_id = cells.origin_id
left join predicted
    on histories.origin_id = predicted.origin_id
where
    histories.customers <> coalesce(cells.customers, 0)
    or histories.repeat_purchases <> coalesce(cells.repeat_purchases, 0)
    or histories.customers <> coalesce(predicted.customers, 0)
    or predicted.scored_customers not in (0, predicted.customers)
