-- How fine the cells of an origin are: days, or whole weeks once there are more cells than the models need.
with

histories as (

    select * from {{ ref('int_purchase_histories') }}

),

distinct_cells as (

    select
        origin_id,
        frequency,
        recency_days,
        age_days
    from histories
    group by
        origin_id,
        frequency,
        recency_days,
        age_days

),

customers as (

    select
        origin_id,
        count(*) as customers
    from histories
    group by origin_id

),

counted as (

    select
        origin_id,
        count(*) as day_cells
    from distinct_cells
    group by origin_id

)

select
    counted.origin_id,
    customers.customers,
    counted.day_cells,
    case when counted.day_cells > {{ count_variable('max_exact_cells', 1) }} then 'week' else 'day' end
        as purchase_grain,
    case when customers.customers > {{ count_variable('max_exact_cells', 1) }} then 'binned' else 'exact' end
        as spend_grain
from counted
inner join customers
    on counted.origin_id = customers.origin_id
