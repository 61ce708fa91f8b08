{{ config(materialized='view') }}

-- The customers won in the last twelve complete months, what they are worth and what winning them cost, by channel and
-- by type of customer. Cost that no customer bears stays with its channel.
-- A view: one model reads it.
with

last_year as (

    select * from {{ ref('int_running_costs') }}

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

-- what the customers of a month bear: the costs of their channel, and overheads that name no channel
borne as (

    {% for channel, cost_kind in [
        ('acquisition_channel', 'advertising'), ('acquisition_channel', 'overhead'), ("'unattributed'", 'overhead')
    ] -%}
    select
        {{ channel }} as channel,
        won_month as cost_month,
        '{{ cost_kind }}' as cost_kind
    from customers
    {% if not loop.last %}union{% endif %}
    {% endfor %}

),

costs as (

    select
        booked.channel,
        sum(case when booked.cost_kind = 'advertising' then booked.amount else 0 end) as spend,
        sum(case when borne.channel is null then booked.amount else 0 end) as unborne_cost

    from {{ ref('int_marketing_costs') }} as booked
    inner join last_year
        on booked.cost_month between last_year.first_month and last_year.last_month
    left join borne
        on
            booked.channel = borne.channel
            and booked.cost_month = borne.cost_month
            and booked.cost_kind = borne.cost_kind
    where booked.objective = 'acquire'
    group by booked.channel

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
    from costs

    union all

    -- spend is booked by channel: what won nobody cannot be told by type of customer
    select
        'customer_type' as dimension,
        'unattributed' as member,
        0 as customers,
        null as spend,
        sum(unborne_cost) as acquisition_cost,
        null as customer_value
    from costs
    having sum(unborne_cost) <> 0

)

select
    {{ row_key(['parts.dimension', 'parts.member']) }} as budget_member_id,
    parts.dimension,
    parts.member,
    basis.value_basis,
    cast(sum(parts.customers) as {{ dbt.type_bigint() }}) as customers_won,
    {{ sum_money('parts.spend') }} as spend,
    {{ sum_money('parts.acquisition_cost') }} as acquisition_cost,
    count(parts.customer_value) as customers_valued,
    {{ sum_money('parts.customer_value') }} as customer_value
from parts
cross join basis
group by
    parts.dimension,
    parts.member,
    basis.value_basis
