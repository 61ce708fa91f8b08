-- Every raw row, typed once, with what became of it.
{{ base_rows('loyalty_movements',
    parents=[{'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'}],
    rate_day='moved_on',
    amount='value_amount'
) }}
