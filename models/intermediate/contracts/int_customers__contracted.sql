-- What each customer's contracts are expected to bring: the amount of the day times the renewals still to come.
with

contracts as (

    select * from {{ ref('int_contract_terms') }}

),

curves as (

    select * from {{ ref('fct_contract_survival') }}

),

-- renewals to come of a contract that has lasted some months; the next one is on average half a month away
ahead as (

    select
        plan,
        tenure_months,
        {%- for label, months in contract_horizons().items() %}
        {{ divide(
            'sum(survival) over (partition by plan order by tenure_months rows between 1 following and '
            ~ months ~ ' following)',
            'survival'
        ) }} as months_{{ label }},
        {%- endfor %}
        {{ divide(
            'sum(survival * ' ~ discount_factor('(tenure_months - 0.5e0) * ' ~ days_per_month()) ~ ') over ('
            ~ 'partition by plan order by tenure_months rows between 1 following and 36 following)',
            'survival * ' ~ discount_factor('tenure_months * ' ~ days_per_month())
        ) }} as discounted_months_36m,
        {{ divide('lead(survival, 12) over (partition by plan order by tenure_months)', 'survival') }} as survival_12m

    from curves

),

expected as (

    select
        contracts.*,
        contracts.contract_status = 'active' as is_active,
        contracts.contract_status = 'active' and own.months_12m is null and pooled.months_12m is not null as is_pooled,
        {%- for label in contract_horizons() %}
        coalesce(own.months_{{ label }}, pooled.months_{{ label }}) as months_{{ label }},
        {%- endfor %}
        coalesce(own.discounted_months_36m, pooled.discounted_months_36m) as discounted_months_36m,
        coalesce(own.survival_12m, pooled.survival_12m) as survival_12m

    from contracts
    left join ahead as own
        on
            contracts.plan = own.plan
            and contracts.tenure_months = own.tenure_months
    left join ahead as pooled
        on
            contracts.tenure_months = pooled.tenure_months
            and pooled.plan = 'all_plans'

),

-- decimals, so that the sums do not depend on the order of addition
valued as (

    select
        *,
        {%- for label in contract_horizons() %}
        cast(case when is_active then months_{{ label }} else 0 end as decimal(18, 6)) as contract_months_{{ label }},
        case when is_active then {{ predicted_money('months_' ~ label ~ ' * monthly_amount') }} else 0 end
            as revenue_{{ label }},
        {%- endfor %}
        case when is_active then {{ predicted_money('discounted_months_36m * monthly_amount') }} else 0 end
            as revenue_discounted_36m,
        cast(case when is_active then ln(greatest(1 - survival_12m, 1e-12)) else 0 end as decimal(28, 12))
            as log_loss_12m

    from expected

),

by_customer as (

    select
        customer_key,
        count(*) as contracts,
        {{ count_if('is_active') }} as active_contracts,
        {{ count_if("contract_status = 'trial'") }} as trial_contracts,
        {{ count_if('is_active and monthly_amount is null') }} as unpriced_contracts,
        {{ count_if('is_active and months_12m is null') }} as unpredicted_contracts,
        {{ any_true('is_pooled') }} as is_pooled_curve,
        min(started_on) as first_contract_on,
        max(case when gone_on is not null then {{ add_days('gone_on', -1) }} end) as last_ended_on,
        max(as_of_date) as as_of_date,
        {{ sum_money('case when is_active then monthly_amount else 0 end') }} as mrr,
        {%- for label in contract_horizons() %}
        sum(contract_months_{{ label }}) as contract_months_{{ label }},
        {{ sum_money('revenue_' ~ label) }} as revenue_{{ label }},
        {%- endfor %}
        {{ sum_money('revenue_discounted_36m') }} as revenue_discounted_36m,
        -- a customer with several contracts is gone when the last of them is
        round(1 - exp(cast(sum(log_loss_12m) as {{ double_type() }})), 9) as probability_contracted_12m

    from valued
    group by customer_key

),

with_status as (

    select
        *,
        case
            when active_contracts = 0 and trial_contracts > 0 then 'in_trial'
            when active_contracts = 0 then 'ended'
            when unpriced_contracts > 0 then 'no_price'
            when unpredicted_contracts > 0 then 'no_curve'
            else 'predicted'
        end as contract_value_status

    from by_customer

)

select
    customer_key,
    contract_value_status,
    cast(contracts as {{ dbt.type_bigint() }}) as contracts,
    cast(active_contracts as {{ dbt.type_bigint() }}) as active_contracts,
    cast(trial_contracts as {{ dbt.type_bigint() }}) as trial_contracts,
    case when unpredicted_contracts = 0 then probability_contracted_12m end as probability_contracted_12m,
    {%- for label in contract_horizons() %}
    cast(case when unpredicted_contracts = 0 then contract_months_{{ label }} end as decimal(18, 6))
        as expected_contract_months_{{ label }},
    {%- endfor %}
    -- a total without one of its contracts is not a total; what follows a trial is not known
    cast(case when unpriced_contracts = 0 then mrr end as {{ money_type() }}) as mrr,
    {%- for label in contract_horizons() %}
    cast(
        case when contract_value_status in ('predicted', 'ended') then revenue_{{ label }} end as {{ money_type() }}
    ) as contractual_revenue_next_{{ label }},
    {%- endfor %}
    cast(
        case when contract_value_status in ('predicted', 'ended') then revenue_discounted_36m end as {{ money_type() }}
    ) as contractual_revenue_discounted_36m,
    is_pooled_curve,
    first_contract_on,
    last_ended_on,
    as_of_date
from with_status
