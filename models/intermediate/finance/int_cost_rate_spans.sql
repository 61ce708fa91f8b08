{{ config(materialized='view') }}

-- From which day to which day a rate holds, in the reporting currency: the next rate of the same kind ends it.
-- A view: a business has a handful of rates.
with

rates as (

    select
        cost_rate_id,
        cost_driver,
        lower(applies_to) as applies_to,
        valid_from,
        cast(unit_cost * rate_to_reporting as decimal(18, 6)) as unit_cost

    from {{ ref('stg_crm__cost_rates') }}

),

spans as (

    select
        cost_rate_id,
        cost_driver,
        applies_to,
        unit_cost,
        valid_from,
        coalesce(
            {{ add_days('lead(valid_from) over (partition by cost_driver, applies_to order by valid_from)', -1) }},
            cast('9999-12-31' as date)
        ) as valid_to

    from rates

)

select * from spans
