-- Every raw row, typed once, with what became of it. A rate in another currency is converted on the day it begins.
{{ base_rows('cost_rates',
    checks=["when unit_cost < 0 then 'negative_amount'"],
    rate_day='valid_from',
    amount='unit_cost'
) }}
