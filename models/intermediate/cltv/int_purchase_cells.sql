-- All that a purchase model ever sees: how many customers share the same frequency, recency and age.
with

histories as (

    select * from {{ ref('int_purchase_histories') }}

),

grains as (

    select * from {{ ref('int_purchase_cell_grains') }}

),

placed as (

    select
        histories.origin_id,
        histories.frequency,
        {{ cell_recency_days() }} as recency_days,
        {{ cell_age_days() }} as age_days

    from histories
    inner join grains
        on histories.origin_id = grains.origin_id

),

cells as (

    select
        origin_id,
        frequency,
        recency_days,
        age_days,
        count(*) as customers

    from placed
    group by
        origin_id,
        frequency,
        recency_days,
        age_days

)

select
    {{ row_key(['origin_id', 'frequency', 'recency_days', 'age_days']) }} as cell_id,
    *
from cells
