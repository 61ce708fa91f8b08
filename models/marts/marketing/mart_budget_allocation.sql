-- Where the next amount of acquisition budget goes furthest: spend, what the customers won in the last twelve complete
-- months are worth, what winning them cost on average, and, where the past tells, what winning one more costs.
with

last_year as (

    select
        first_month,
        last_month
    from {{ ref('int_running_costs') }}

),

-- realised and the 36 months to come; on contribution, or on the margin before it where nothing is known of service
customers as (

    select
        won.customer_key,
        won.won_month,
        won.acquisition_channel,
        cltv.customer_type,
        won.acquisition_cost,
        cltv.realised_contribution + cltv.probabilistic_contribution_discounted_36m as contribution,
        cltv.realised_gross_margin + cltv.probabilistic_gross_margin_discounted_36m as gross_margin

    from {{ ref('int_customers__won') }} as won
    inner join last_year
        on won.won_month between last_year.first_month and last_year.last_month
    inner join {{ ref('fct_customer_cltv') }} as cltv
        on won.customer_key = cltv.customer_key

),

basis as (

    select case when count(contribution) > 0 then 'contribution' else 'gross_margin' end as value_basis
    from customers

),

costs as (

    select
        booked.channel,
        booked.cost_month,
        sum(case when booked.cost_kind = 'advertising' then booked.amount else 0 end) as spend,
        sum(case when booked.cost_kind = 'overhead' then booked.amount else 0 end) as overhead,
        sum(booked.amount) as amount
    from {{ ref('int_marketing_costs') }} as booked
    inner join last_year
        on booked.cost_month between last_year.first_month and last_year.last_month
    where booked.objective = 'acquire'
    group by
        booked.channel,
        booked.cost_month

),

months_with_customers as (

    select distinct won_month
    from customers

),

won_months as (

    select distinct
        acquisition_channel,
        won_month
    from customers

),

-- what no customer bears stays with its channel: of months that won nobody, and advertising that names no channel
costs_by_channel as (

    select
        costs.channel,
        sum(costs.spend) as spend,
        sum(
            case
                when own.won_month is not null then 0
                when costs.channel = 'unattributed' and any_channel.won_month is not null then costs.spend
                else costs.amount
            end
        ) as unborne_cost

    from costs
    left join won_months as own
        on
            costs.channel = own.acquisition_channel
            and costs.cost_month = own.won_month
    left join months_with_customers as any_channel
        on costs.cost_month = any_channel.won_month
    group by costs.channel

),

parts as (

    {% for dimension in ['acquisition_channel', 'customer_type'] -%}
    select
        '{{ dimension }}' as dimension,
        customers.{{ dimension }} as member,
        1 as customers,
        null as spend,
        customers.acquisition_cost,
        case when basis.value_basis = 'contribution' then customers.contribution else customers.gross_margin end
            as customer_value
    from customers
    cross join basis

    union all

    {% endfor -%}
    select
        'acquisition_channel' as dimension,
        channel as member,
        0 as customers,
        spend,
        unborne_cost as acquisition_cost,
        null as customer_value
    from costs_by_channel

    union all

    -- spend is booked by channel: what won nobody cannot be told by type of customer
    select
        'customer_type' as dimension,
        'unattributed' as member,
        0 as customers,
        null as spend,
        sum(unborne_cost) as acquisition_cost,
        null as customer_value
    from costs_by_channel
    having sum(unborne_cost) <> 0

),

summed as (

    select
        dimension,
        member,
        sum(customers) as customers_won,
        {{ sum_money('spend') }} as spend,
        {{ sum_money('acquisition_cost') }} as acquisition_cost,
        count(customer_value) as valued_customers,
        {{ sum_money('customer_value') }} as customer_value
    from parts
    group by
        dimension,
        member

),

averaged as (

    select
        summed.*,
        basis.value_basis,
        {{ divide('summed.customer_value', 'summed.valued_customers') }} as average_value,
        {{ divide('summed.acquisition_cost', 'summed.customers_won') }} as average_cac,
        response.marginal_cost as marginal_cac,
        response.marginal_cost_error as marginal_cac_standard_error,
        case
            when summed.dimension <> 'acquisition_channel' then 'spend_is_not_by_segment'
            when response.channel is null then 'no_spend'
            else response.marginal_reason
        end as marginal_cac_reason

    from summed
    cross join basis
    left join {{ ref('int_channel_spend_response') }} as response
        on
            summed.dimension = 'acquisition_channel'
            and summed.member = response.channel

)

select
    ---------- ids
    {{ row_key(['dimension', 'member']) }} as budget_allocation_id,

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
    cast(customers_won as {{ dbt.type_bigint() }}) as customers_won,
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
