-- Every raw row, typed once, with what became of it.
{{ base_rows('exchange_rates',
    checks=["when rate_to_reporting <= 0 then 'negative_amount'"]
) }}
