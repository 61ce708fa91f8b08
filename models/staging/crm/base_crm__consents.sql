-- Every raw row, typed once, with what became of it. A log: the state is the row recorded last.
{{ base_rows('consents',
    parents=[{'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'}]
) }}
