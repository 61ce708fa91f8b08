-- Every raw row, typed once, with what became of it.
{{ base_rows('campaign_spend',
    checks=["when amount < 0 then 'negative_amount'"],
    rate_day='spend_date'
) }}
