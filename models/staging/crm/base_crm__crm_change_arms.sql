-- Every raw row, typed once, with what became of it.
{{ base_rows('crm_change_arms',
    parents=[{'table': 'crm_changes', 'column': 'change_id', 'reason': 'orphan_change'}]
) }}
