-- Every raw row, typed once, with what became of it.
{{ base_rows('interactions',
    parents=[{'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'}],
    cleared={'duration_seconds': 'duration_seconds < 0'}
) }}
