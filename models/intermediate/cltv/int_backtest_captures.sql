-- Of the customers who brought four fifths of the value after an origin, how many each method had among its equally
-- many first: in fifty lots of customers, so that chance can be told from skill.
with

foreseen as (

    select * from {{ ref('int_backtest_values') }}

),

accumulated as (

    select
        *,
        coalesce(
            sum(actual_value) over (
                partition by origin_id, model_name
                order by actual_rank
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as actual_value_before,
        sum(case when actual_value > 0 then actual_value else 0 end) over (partition by origin_id, model_name)
            as total_value
    from foreseen

),

judged as (

    select
        *,
        case when actual_value > 0 and actual_value_before < 0.8 * total_value then 1 else 0 end as is_top
    from accumulated

),

counted as (

    select
        *,
        sum(is_top) over (partition by origin_id, model_name) as top_customers_in_all
    from judged

)

select
    {{ row_key(['origin_id', 'model_name', 'mod(sample_number, 50)']) }} as capture_id,
    origin_id,
    model_name,
    cast(mod(sample_number, 50) as integer) as bucket,
    cast(sum(is_top) as integer) as top_customers,
    cast(sum(case when predicted_rank <= top_customers_in_all then is_top else 0 end) as integer) as captured
from counted
group by
    origin_id,
    model_name,
    mod(sample_number, 50)
