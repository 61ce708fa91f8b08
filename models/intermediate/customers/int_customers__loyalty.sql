{{ config(materialized='view') }}

-- Points and tier of each member of the loyalty programme: whoever has ever moved a point.
-- A view: one dimension reads it.
with

movements as (

    select
        customer_keys.customer_key,
        movements.moved_on,
        movements.movement_type,
        -- some systems write what leaves the account as negative, others by its type alone
        case
            when movements.movement_type in ('redeem', 'expire') then -abs(movements.points)
            else movements.points
        end as points

    from {{ ref('stg_crm__loyalty_movements') }} as movements
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on movements.customer_id = customer_keys.customer_id

),

balances as (

    select
        movements.customer_key,
        coalesce(sum(movements.points), 0) as loyalty_points,
        coalesce(
            sum(
                case
                    when
                        movements.movement_type = 'earn'
                        and movements.moved_on > {{ add_days('as_of.as_of_date', -365) }}
                        then movements.points
                end
            ),
            0
        ) as points_earned_12m

    from movements
    cross join {{ ref('base_crm__as_of') }} as as_of
    group by movements.customer_key

),

tiers as (

    select
        loyalty_tier,
        from_points,
        lead(from_points) over (order by from_points) as next_from_points
    from {{ ref('loyalty_tiers') }}

),

tiered as (

    select
        balances.customer_key,
        tiers.loyalty_tier,
        balances.loyalty_points,
        balances.points_earned_12m

    from balances
    left join tiers
        -- a correction can leave less than nothing earned
        on
            greatest(balances.points_earned_12m, 0) >= tiers.from_points
            and (
                tiers.next_from_points is null
                or greatest(balances.points_earned_12m, 0) < tiers.next_from_points
            )

)

select * from tiered
