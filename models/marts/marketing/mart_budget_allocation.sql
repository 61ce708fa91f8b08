-- Where the next amount of acquisition budget goes furthest: spend, what the customers won in the last twelve complete
-- months are worth, what winning them cost on average, and, where the past tells, what winning one more costs.
with

members as (

    select * from {{ ref('int_budget_members') }}

),

averaged as (

    select
        members.*,
        {{ divide('members.customer_value', 'members.customers_valued') }} as average_value,
        {{ divide('members.acquisition_cost', 'members.customers_won') }} as average_cac,
        response.marginal_cost as marginal_cac,
        response.marginal_cost_error as marginal_cac_standard_error,
        case
            when members.dimension <> 'acquisition_channel' then 'spend_is_not_by_segment'
            when response.channel is null then 'no_spend'
            else response.marginal_reason
        end as marginal_cac_reason

    from members
    left join {{ ref('int_channel_spend_response') }} as response
        on
            members.dimension = 'acquisition_channel'
            and members.member = response.channel

)

select
    ---------- ids
    budget_member_id as budget_allocation_id,

    ---------- texts
    dimension,
    member,
    value_basis,
    marginal_cac_reason,

    ---------- money, reporting currency
    spend,
    acquisition_cost,
    customer_value,
    average_value,
    average_cac,
    marginal_cac,
    marginal_cac_standard_error,
    average_value - average_cac as value_minus_cac,
    average_value - marginal_cac as value_minus_marginal_cac,

    ---------- numbers
    customers_won,
    case
        when average_value - average_cac is not null
            then cast(
                rank() over (partition by dimension order by average_value - average_cac desc nulls last) as integer
            )
    end as value_minus_cac_rank,
    case
        when average_value is not null
            then cast(rank() over (partition by dimension order by average_value desc nulls last) as integer)
    end as value_rank
from averaged
