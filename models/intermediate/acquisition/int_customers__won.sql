-- Who was won when, by what, and what that cost: one row per customer with a sale.
with

-- the first sale of any kind wins a customer; who only signed up is not won yet
won as (

    select
        realised.customer_key,
        realised.first_ordered_on as won_on,
        {{ month_start('realised.first_ordered_on') }} as won_month,
        customers.acquisition_channel,
        customers.acquisition_campaign_id,
        customers.is_paid_channel

    from {{ ref('int_customers__realised') }} as realised
    inner join {{ ref('dim_customers') }} as customers
        on realised.customer_key = customers.customer_key

),

-- a customer's place among those of their month and channel decides who bears the odd cents
placed as (

    select
        *,
        row_number() over (partition by won_month, acquisition_channel order by customer_key) as place
    from won

),

channel_months as (

    select
        won_month,
        acquisition_channel,
        count(*) as customers
    from won
    group by
        won_month,
        acquisition_channel

),

costs as (

    select
        cost_month,
        channel,
        sum(case when cost_kind = 'advertising' then amount else 0 end) as advertising,
        sum(case when cost_kind = 'overhead' then amount else 0 end) as overhead

    from {{ ref('int_marketing_costs') }}
    where objective = 'acquire'
    group by
        cost_month,
        channel

),

-- before the first booking and after the last one cost is not nought but not known
known as (

    select
        cost_kind,
        min(cost_month) as first_month,
        max(cost_month) as last_month
    from {{ ref('int_marketing_costs') }}
    group by cost_kind

),

-- what each month and channel has to share out among its customers
pools as (

    select
        channel_months.*,
        sum(channel_months.customers) over (partition by channel_months.won_month) as month_customers,
        -- places in the whole month: those of the channels before it come first
        sum(channel_months.customers) over (
            partition by channel_months.won_month
            order by channel_months.acquisition_channel
            rows between unbounded preceding and current row
        ) - channel_months.customers as earlier_places,
        advertising_known.cost_kind is not null as is_advertising_known,
        overhead_known.cost_kind is not null as is_overhead_known,
        coalesce(own.advertising, 0) as advertising,
        coalesce(own.overhead, 0) as overhead,
        coalesce(shared.overhead, 0) as shared_overhead

    from channel_months
    left join costs as own
        on
            channel_months.won_month = own.cost_month
            and channel_months.acquisition_channel = own.channel
    left join costs as shared
        on
            channel_months.won_month = shared.cost_month
            and shared.channel = 'unattributed'
    left join known as advertising_known
        on
            advertising_known.cost_kind = 'advertising'
            and channel_months.won_month between advertising_known.first_month and advertising_known.last_month
    left join known as overhead_known
        on
            overhead_known.cost_kind = 'overhead'
            and channel_months.won_month between overhead_known.first_month and overhead_known.last_month

),

borne as (

    select
        placed.customer_key,
        placed.won_on,
        placed.won_month,
        placed.acquisition_channel,
        placed.acquisition_campaign_id,
        placed.is_paid_channel,
        case
            when pools.is_advertising_known
                then {{ equal_share('pools.advertising', 'pools.customers', 'placed.place') }}
        end as advertising_cost,
        case
            when pools.is_overhead_known
                then cast(
                    {{ equal_share('pools.overhead', 'pools.customers', 'placed.place') }}
                    + {{ equal_share(
                        'pools.shared_overhead', 'pools.month_customers', '(pools.earlier_places + placed.place)'
                    ) }}
                    as {{ money_type() }}
                )
        end as overhead_cost

    from placed
    inner join pools
        on
            placed.won_month = pools.won_month
            and placed.acquisition_channel = pools.acquisition_channel

)

select
    *,
    cast(advertising_cost + coalesce(overhead_cost, 0) as {{ money_type() }}) as acquisition_cost,
    case
        when advertising_cost is null then 'unknown'
        when overhead_cost is null then 'advertising_only'
        else 'advertising_and_overhead'
    end as acquisition_cost_basis
from borne
