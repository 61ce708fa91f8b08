-- Every raw row, typed once, with what became of it.
{{ base_rows('crm_usage',
    checks=["when logins < 0 or records_touched < 0 or lists_actioned < 0 then 'negative_count'"],
    parents=[{'table': 'sales_reps', 'column': 'sales_rep_id', 'reason': 'orphan_rep'}]
) }}
