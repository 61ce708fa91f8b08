-- What the best customers buy more of than everybody else, by category.
with

members as (

    select * from {{ ref('int_view_members') }}
    where view_name = 'category'

),

-- one row per customer and category as it is shown
bought as (

    select
        members.shown_member_id as member_id,
        credits.customer_key,
        max(case when customers.is_top_tier then 1 else 0 end) as is_top,
        sum(credits.share_millionths) as share_millionths,
        {{ sum_money('credits.realised_net_revenue') }} as net_revenue

    from {{ ref('int_view_credits') }} as credits
    inner join members
        on credits.member_id = members.member_id
    inner join {{ ref('int_customers__viewed') }} as customers
        on credits.customer_key = customers.customer_key
    where
        credits.view_name = 'category'
        and credits.member_id <> 'none'
    group by
        members.shown_member_id,
        credits.customer_key

),

-- the best of a category and all the others are two groups: neither may be small
counted as (

    select
        member_id,
        'category' as view_name,
        least(sum(is_top), count(*) - sum(is_top)) as customers,
        least(sum(is_top * share_millionths), sum((1 - is_top) * share_millionths)) / 1e6 as credited_customers
    from bought
    group by member_id

),

merged as (

    {{ small_cells_merged('counted', 'view_name', "'other'") }}

),

bought_as_shown as (

    select
        case when merged.is_merged then 'other' else bought.member_id end as category,
        bought.customer_key,
        max(bought.is_top) as is_top,
        sum(bought.net_revenue) as net_revenue

    from bought
    inner join merged
        on bought.member_id = merged.member_id
    group by
        case when merged.is_merged then 'other' else bought.member_id end,
        bought.customer_key

),

names as (

    select
        case when merged.is_merged then 'other' else merged.member_id end as category,
        {{ joined_texts('members.member_name') }} as categories
    from merged
    inner join members
        on merged.member_id = members.shown_member_id
    group by case when merged.is_merged then 'other' else merged.member_id end

),

summed as (

    select
        category,
        count(*) as customers,
        sum(is_top) as top_customers,
        {{ sum_money('net_revenue') }} as net_revenue,
        {{ sum_money('case when is_top = 1 then net_revenue else 0 end') }} as top_net_revenue

    from bought_as_shown
    group by category

),

totals as (

    select
        count(distinct customer_key) as customers,
        count(distinct case when is_top = 1 then customer_key end) as top_customers
    from bought_as_shown

),

shared as (

    select
        summed.*,
        {{ divide('summed.net_revenue', 'sum(summed.net_revenue) over ()') }} as share_of_net_revenue,
        {{ divide('summed.top_net_revenue', 'sum(summed.top_net_revenue) over ()') }} as share_of_top_net_revenue,
        {{ divide('summed.customers', 'totals.customers') }} as share_of_customers,
        {{ divide('summed.top_customers', 'totals.top_customers') }} as share_of_top_customers
    from summed
    cross join totals

)

select
    shared.category,
    names.categories,
    cast(shared.customers as {{ dbt.type_bigint() }}) as customers,
    cast(shared.top_customers as {{ dbt.type_bigint() }}) as top_customers,
    shared.net_revenue,
    shared.top_net_revenue,
    shared.share_of_net_revenue,
    shared.share_of_top_net_revenue,
    {{ divide('shared.share_of_top_net_revenue', 'shared.share_of_net_revenue') }} as net_revenue_over_index,
    shared.share_of_customers,
    shared.share_of_top_customers,
    {{ divide('shared.share_of_top_customers', 'shared.share_of_customers') }} as customer_over_index
from shared
inner join names
    on shared.category = names.category
