-- What the lines of each order add up to, in the reporting currency.
with

lines as (

    select * from {{ ref('int_order_lines__priced') }}

),

summed as (

    select
        order_id,
        count(*) as line_count,
        {{ sum_money("case when line_type <> 'gift_card' then line_amount else 0 end") }} as line_amount,
        {{ sum_money("case when line_type = 'gift_card' then line_amount else 0 end") }} as gift_card_amount,
        {{ sum_money("case when line_type <> 'gift_card' then line_amount - line_discount else 0 end") }}
            as allocation_weight,
        {{ sum_money('line_discount') }} as line_discount,
        {{ sum_money('line_tax') }} as line_tax,
        {{ sum_if_complete('cost_of_goods') }} as cost_of_goods,
        {{ any_true('is_cost_estimated') }} as is_cost_estimated

    from lines
    group by order_id

)

select * from summed
