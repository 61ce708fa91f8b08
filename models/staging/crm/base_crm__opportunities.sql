-- Every raw row, typed once, with what became of it.
{{ base_rows('opportunities',
    checks=["when amount < 0 then 'negative_amount'"],
    parents=[{'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'}],
    rate_day='opened_on',
    cleared={'closed_at': 'closed_at < opened_at'}
) }}
