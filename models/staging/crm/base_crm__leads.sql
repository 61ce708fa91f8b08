-- Every raw row, typed once, with what became of it.
{{ base_rows('leads',
    cleared={'converted_at': 'converted_at < created_at'}
) }}
