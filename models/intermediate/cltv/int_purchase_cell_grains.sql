-- How fine the cells of an origin are: days, or whole weeks for back-tests and once there are more cells than the
-- models need.
with

histories as (

    select * from {{ ref('int_purchase_histories') }}

),

distinct_cells as (

    select
        origin_id,
        frequency,
        recency_days,
        age_days,
        count(*) as customers
    from histories
    group by
        origin_id,
        frequency,
        recency_days,
        age_days

),

counted as (

    select
        origin_id,
        count(*) as day_cells,
        cast(sum(customers) as {{ dbt.type_bigint() }}) as customers
    from distinct_cells
    group by origin_id

)

select
    counted.origin_id,
    counted.customers,
    counted.day_cells,
    case
        when origins.origin_kind <> 'now' then 'week'
        when counted.day_cells > {{ count_variable('max_exact_cells', 1) }} then 'week'
        else 'day'
    end as purchase_grain,
    case when counted.customers > {{ count_variable('max_exact_cells', 1) }} then 'binned' else 'exact' end
        as spend_grain
from counted
inner join {{ ref('int_prediction_origins') }} as origins
    on counted.origin_id = origins.origin_id
