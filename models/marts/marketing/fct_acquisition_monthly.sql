-- Customers won and money spent by month and channel: also spend that won nobody, and spend without a channel.
with

months as (

    select * from {{ ref('int_acquisition_months') }}

),

by_channel as (

    select
        acquisition_month,
        channel,
        is_paid_channel,
        is_spend_known,
        is_overhead_known,
        sum(customers_won) as customers_won,
        sum(acquire_spend) as acquire_spend,
        sum(assumed_acquire_spend) as assumed_acquire_spend,
        sum(retain_spend) as retain_spend,
        sum(win_back_spend) as win_back_spend,
        sum(unknown_objective_spend) as unknown_objective_spend,
        sum(borne_overhead + unborne_overhead) as overhead_cost,
        sum(acquire_spend - borne_spend + unborne_overhead) as unborne_cost

    from months
    group by
        acquisition_month,
        channel,
        is_paid_channel,
        is_spend_known,
        is_overhead_known

)

select
    ---------- ids
    {{ row_key(['acquisition_month', 'channel']) }} as acquisition_month_id,

    ---------- texts
    channel,

    ---------- numbers
    cast(customers_won as {{ dbt.type_bigint() }}) as customers_won,

    ---------- spend, reporting currency
    cast(acquire_spend as {{ money_sum_type() }}) as acquire_spend,
    cast(assumed_acquire_spend as {{ money_sum_type() }}) as assumed_acquire_spend,
    cast(retain_spend as {{ money_sum_type() }}) as retain_spend,
    cast(win_back_spend as {{ money_sum_type() }}) as win_back_spend,
    cast(unknown_objective_spend as {{ money_sum_type() }}) as unknown_objective_spend,
    cast(acquire_spend + retain_spend + win_back_spend + unknown_objective_spend as {{ money_sum_type() }})
        as total_spend,
    cast(overhead_cost as {{ money_sum_type() }}) as overhead_cost,
    cast(unborne_cost as {{ money_sum_type() }}) as unborne_cost,

    ---------- booleans
    is_paid_channel,
    is_spend_known,
    is_overhead_known,

    ---------- dates
    acquisition_month
from by_channel
