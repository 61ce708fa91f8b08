-- Every raw row, typed once, with what became of it. An amount below zero is a credit.
{{ base_rows('overheads', rate_day='booked_on') }}
