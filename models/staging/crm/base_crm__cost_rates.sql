-- Every raw row, typed once, with what became of it. A rate in another currency is converted on the day it begins. What
-- a rate applies to is compared without regard to case: `Email` beside `email` is the same rate once more.
{{ base_rows('cost_rates',
    checks=["when unit_cost < 0 then 'negative_amount'"],
    rate_day='valid_from',
    amount='unit_cost',
    computed=["
        row_number() over (
            partition by cost_driver, lower(applies_to), valid_from
            order by
                case when row_reason is null and version_rank = 1 then 0 else 1 end,
                updated_at desc nulls last,
                applies_to
        ) as spelling_rank"],
    branches=["when spelling_rank > 1 then 'superseded_duplicate'"]
) }}
