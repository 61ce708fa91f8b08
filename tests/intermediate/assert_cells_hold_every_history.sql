-- Every customer with a history is in exactly one cell, and every cell has a score wherever an ensemble was fitted.
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

fitted as (

    select
        origin_id,
        model_name
    from {{ ref('int_purchase_model_fits') }}
    where
        name = 'fit_status'
        and estimate = 1
        and model_name in ('ensemble', 'ensemble_by_group')

),

predicted as (

    select
        origin_id,
        model_name,
        count(*) as customers
    from {{ ref('int_customers__predicted') }}
    group by
        origin_id,
        model_name

)

select
    histories.origin_id,
    fitted.model_name,
    histories.customers,
    cells.customers as customers_in_cells,
    predicted.customers as scored_customers
from histories
left join cells
    on histories.origin_id = cells.origin_id
left join fitted
    on histories.origin_id = fitted.origin_id
left join predicted
    on
        fitted.origin_id = predicted.origin_id
        and fitted.model_name = predicted.model_name
where
    histories.customers <> coalesce(cells.customers, 0)
    or histories.repeat_purchases <> coalesce(cells.repeat_purchases, 0)
    or (fitted.model_name is not null and histories.customers <> coalesce(predicted.customers, 0))
