-- Every raw row, typed once, with what became of it. A customer in two arms of one change is in neither:
-- nobody knows which is true.
{{ base_rows('crm_change_assignments',
    parents=[
        {'table': 'crm_changes', 'column': 'change_id', 'reason': 'orphan_change'},
        {'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'},
    ],
    computed=[assigned_arms() ~ ' as arms'],
    first_branches=["when arms > 1 then 'two_arms'"]
) }}
