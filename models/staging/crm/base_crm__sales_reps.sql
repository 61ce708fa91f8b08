-- Every raw row, typed once, with what became of it.
{{ base_rows('sales_reps') }}
