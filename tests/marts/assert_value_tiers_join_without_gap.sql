-- The bands of the rule cover 0 to 1 without gap or overlap, so that every customer has exactly one tier.
with

bands as (

    select
        value_tier,
        from_share,
        to_share,
        coalesce(lag(to_share) over (order by tier_rank), 0) as band_before,
        lead(tier_rank) over (order by tier_rank) is null as is_last
    from {{ ref('value_tiers') }}

)

select *
from bands
where
    from_share <> band_before
    or from_share >= to_share
    or (is_last and to_share <= 1)
