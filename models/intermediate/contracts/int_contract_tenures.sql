-- How many contracts of each plan have lasted how long: all that the fits see. The plan `all_plans` holds every
-- contract: its curve stands in for a plan that is too small for one of its own.
with

counted as (

    select
        plan,
        tenure_months,
        is_lost,
        count(*) as contracts

    from {{ ref('int_contract_terms') }}
    where tenure_months is not null
    group by
        plan,
        tenure_months,
        is_lost

),

with_all_plans as (

    select
        plan,
        tenure_months,
        is_lost,
        contracts
    from counted
    where plan <> 'all_plans'

    union all

    select
        'all_plans' as plan,
        tenure_months,
        is_lost,
        sum(contracts) as contracts

    from counted
    group by
        tenure_months,
        is_lost

)

select
    {{ row_key(['plan', 'tenure_months', 'is_lost']) }} as contract_tenure_id,
    plan,
    tenure_months,
    is_lost,
    cast(contracts as {{ dbt.type_bigint() }}) as contracts
from with_all_plans
