-- How long contracts last, month by month: what was seen, what the models say of it, and what they say of later months.
with

-- BdW holds sBG as a special case; sBG stands in where BdW did not converge. Whatever counts on a curve reads this one
curves as (

    select
        *,
        case
            when bdw_survival is not null then 'bdw'
            when sbg_survival is not null then 'sbg'
        end as survival_model,
        coalesce(bdw_survival, sbg_survival) as survival

    from {{ ref('int_contract_survival') }}

)

select
    ---------- ids
    {{ row_key(['plan', 'tenure_months']) }} as contract_survival_id,

    ---------- texts
    plan,
    survival_model,
    sbg_fit_status,
    bdw_fit_status,

    ---------- what was seen
    tenure_months,
    contracts_at_risk,
    contracts_lost,
    observed_survival,
    observed_standard_error,
    observed_lower_95,
    observed_upper_95,

    ---------- what the models say
    sbg_survival,
    bdw_survival,
    survival,
    {{ divide('survival', 'lag(survival) over (partition by plan order by tenure_months)') }} as retention_rate,

    ---------- booleans
    is_extrapolated
from curves
