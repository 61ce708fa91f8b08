-- Under which name every member of every view is shown: members that stand for too few customers are shown together.
with

described as (

    select
        members.view_name,
        members.member_id,
        members.customers,
        members.credited_customers,
        coalesce(campaigns.campaign_name, products.product_name, sales_reps.rep_name, members.member_id)
            as member_name,
        coalesce(
            members.own_group,
            campaigns.channel,
            products.category,
            sales_reps.team,
            -- a product that the catalogue does not know is of no category that is known
            case when members.view_name = 'product' and members.member_id = 'none' then 'none' end,
            case when members.view_name = 'product' then 'unknown' end
        ) as member_group,
        value_tiers.tier_rank

    from {{ ref('int_view_member_counts') }} as members
    left join {{ ref('dim_campaigns') }} as campaigns
        on
            members.view_name = 'campaign'
            and members.member_id = campaigns.campaign_id
    left join {{ ref('dim_products') }} as products
        on
            members.view_name = 'product'
            and members.member_id = products.product_id
    left join {{ ref('dim_sales_reps') }} as sales_reps
        on
            members.view_name = 'sales_rep'
            and members.member_id = sales_reps.sales_rep_id
    left join {{ ref('value_tiers') }} as value_tiers
        on
            members.view_name = 'segment'
            and members.member_id = value_tiers.value_tier

),

-- each view by itself, but for products
by_themselves as (

    select * from described
    where view_name <> 'product'

),

first_merged as (

    {{ small_cells_merged('by_themselves', 'view_name', "'other'") }}

),

-- products lie within categories, and a category less all but one of its products is that product. So they are merged
-- within the category as it is shown
products_placed as (

    select
        described.*,
        case when categories.is_merged then 'other' else described.member_group end as shown_category
    from described
    left join first_merged as categories
        on
            categories.view_name = 'category'
            and described.member_group = categories.member_id
    where described.view_name = 'product'

),

products_merged as (

    {{ small_cells_merged('products_placed', 'shown_category', merged_product_id('shown_category')) }}

),

named as (

    select
        view_name,
        member_id,
        member_name,
        member_group,
        tier_rank,
        customers,
        is_merged,
        case when is_merged then 'other' else member_id end as shown_member_id
    from first_merged

    union all

    select
        view_name,
        member_id,
        member_name,
        shown_category as member_group,
        tier_rank,
        customers,
        is_merged,
        case when is_merged then {{ merged_product_id('shown_category') }} else member_id end as shown_member_id
    from products_merged

)

select
    {{ row_key(['view_name', 'member_id']) }} as view_member_id,
    view_name,
    member_id,
    member_name,
    case when not is_merged or view_name = 'product' then member_group end as member_group,
    tier_rank,
    customers,
    is_merged,
    shown_member_id
from named
