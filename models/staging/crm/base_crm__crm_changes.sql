-- Every raw row, typed once, with what became of it.
{{ base_rows('crm_changes',
    checks=["when cost_amount < 0 then 'negative_amount'"],
    rate_day='launched_on',
    amount='cost_amount'
) }}
