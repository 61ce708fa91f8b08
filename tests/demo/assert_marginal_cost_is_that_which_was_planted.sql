-- What one customer more costs, by channel, is what was planted: within half of it or three standard errors. Spend also
-- follows customers who never bought, so that the figure lies rather above than below.
{{ config(enabled=demo_is_as_planted(figures=true)) }}
select
    truth.channel,
    truth.value as planted_cost,
    budget.marginal_cac,
    budget.marginal_cac_standard_error
from {{ ref('demo_truth_economics') }} as truth
left join {{ ref('mart_budget_allocation') }} as budget
    on
        truth.channel = budget.member
        and budget.dimension = 'acquisition_channel'
where
    truth.measure = 'cost_per_campaign_customer'
    and truth.value > 0
    and (
        budget.marginal_cac is null
        or abs(budget.marginal_cac - truth.value)
        > greatest(0.5 * truth.value, 3 * budget.marginal_cac_standard_error)
    )
