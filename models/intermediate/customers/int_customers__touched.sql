{{ config(materialized='view') }}

-- By which ways each customer first came and last came, as far as touches are known.
-- A view: one dimension reads it.
with

touches as (

    select
        customer_keys.customer_key,
        coalesce(lower(touchpoints.channel), 'unknown') as channel,
        touchpoints.touched_on,
        touchpoints.touched_at,
        touchpoints.touchpoint_id

    from {{ ref('stg_crm__touchpoints') }} as touchpoints
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on touchpoints.customer_id = customer_keys.customer_id

),

touched as (

    select
        customer_key,
        min(touched_on) as first_touch_on,
        {{ value_of_first('channel', ['touched_at', 'touchpoint_id']) }} as first_touch_channel,
        max(touched_on) as last_touch_on,
        {{ value_of_last('channel', ['touched_at', 'touchpoint_id']) }} as last_touch_channel

    from touches
    group by customer_key

)

select * from touched
