-- Every raw row, typed once, with what became of it.
{{ base_rows('migration_counts') }}
