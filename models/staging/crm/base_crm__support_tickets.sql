-- Every raw row, typed once, with what became of it. Times that contradict each other are cleared: the ticket
-- itself is true.
{{ base_rows('support_tickets',
    parents=[{'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'}],
    cleared={
        'first_response_at': 'first_response_at < opened_at',
        'resolved_at': 'resolved_at < opened_at or resolved_at < first_response_at',
        'reopened_at': 'reopened_at < opened_at',
        'handling_minutes': 'handling_minutes < 0',
    }
) }}
