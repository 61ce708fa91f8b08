-- Every raw row, typed once, with what became of it.
{{ base_rows('fallback_margins',
    checks=["when margin_rate < -1 or margin_rate > 1 then 'rate_out_of_range'"]
) }}
