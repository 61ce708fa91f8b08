-- Every raw row, typed once, with what became of it. A request holds for every as-of date.
{{ base_rows('erasure_requests') }}
