-- Every raw row, typed once, with what became of it.
{{ base_rows('customer_rep_assignments',
    checks=["when unassigned_on < assigned_on then 'ends_before_start'"],
    parents=[
        {'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'},
        {'table': 'sales_reps', 'column': 'sales_rep_id', 'reason': 'orphan_rep'},
    ]
) }}
