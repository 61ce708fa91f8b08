-- After how many days half of the customers of each member, as it is shown, have paid back what they cost: the median
-- of Kaplan-Meier, in which whoever is young counts for as long as they were watched. A customer counts by their share.
with

customers as (

    select
        *,
        coalesce(payback_days, observed_days) as age_days
    from {{ ref('int_customers__viewed') }}
    where is_paid_back is not null

),

-- in millionths, member by member and day by day: there are few days, however many customers
counted as (

    {% for view_name, column in whole_views().items() -%}
    select
        '{{ view_name }}' as view_name,
        {{ column }} as member_id,
        age_days,
        1000000 * count(*) as leaving,
        1000000 * count(payback_days) as paid_back
    from customers
    group by
        {{ column }},
        age_days

    union all

    {% endfor -%}
    select
        credits.view_name,
        credits.member_id,
        customers.age_days,
        sum(credits.share_millionths) as leaving,
        sum(case when customers.payback_days is not null then credits.share_millionths else 0 end) as paid_back
    from {{ ref('int_view_credits') }} as credits
    inner join customers
        on credits.customer_key = customers.customer_key
    -- whom a rep sold something and no longer looks after is a head of today's rep alone
    where credits.share_millionths > 0
    group by
        credits.view_name,
        credits.member_id,
        customers.age_days

),

counted_as_shown as (

    select
        members.view_name,
        members.shown_member_id,
        counted.age_days,
        sum(counted.leaving) as leaving,
        sum(counted.paid_back) as paid_back
    from counted
    inner join {{ ref('int_view_members') }} as members
        on
            counted.view_name = members.view_name
            and counted.member_id = members.member_id
    group by
        members.view_name,
        members.shown_member_id,
        counted.age_days

),

open_days as (

    {{ open_shares('counted_as_shown', ['view_name', 'shown_member_id']) }}

),

medians as (

    select
        view_name,
        shown_member_id,
        sum(leaving) as known_millionths,
        {{ day_of_half('open_share') }} as median_days
    from open_days
    group by
        view_name,
        shown_member_id

),

shown as (

    select distinct
        view_name,
        shown_member_id
    from {{ ref('int_view_members') }}

)

-- whether there are enough is counted in shares as well: whoever held most of them would be the median by themselves
select
    {{ row_key(['shown.view_name', 'shown.shown_member_id']) }} as view_member_id,
    shown.view_name,
    shown.shown_member_id as member_id,
    case
        when medians.known_millionths >= {{ 1000000 * minimum_cell_customers() }}
            then cast(medians.median_days as integer)
    end as median_payback_days,
    case
        when medians.known_millionths is null then 'unknown_payback'
        when medians.known_millionths < {{ 1000000 * minimum_cell_customers() }} then 'too_few_customers'
        when medians.median_days is null then 'under_half_paid_back'
    end as median_payback_reason
from shown
left join medians
    on
        shown.view_name = medians.view_name
        and shown.shown_member_id = medians.shown_member_id
