-- Machine care is planted with the same chance to end after every 30 days: 4.5 %, of which 18 % are changes of plan and
-- no losses. Up to a year and a half, the curve that customers are valued by is within 8 points of it.
{{ config(enabled=demo_is_as_planted(figures=true)) }}
with

planted as (

    select
        tenure_months,
        survival,
        power(1 - 0.045e0 * 0.82e0, tenure_months * {{ days_per_month() }} / 30) as planted_survival
    from {{ ref('fct_contract_survival') }}
    where
        plan = 'machine_care'
        and tenure_months between 1 and 18

)

select
    tenure_months,
    survival,
    planted_survival
from planted
where
    survival is null
    or abs(survival - planted_survival) > 0.08
