-- Every raw row, typed once, with what became of it. What happened to a message before it was sent did not
-- happen.
{{ base_rows('messages',
    checks=["when unit_cost < 0 then 'negative_amount'"],
    parents=[{'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'}],
    rate_day='sent_on',
    amount='unit_cost',
    cleared={
        'delivered_at': 'delivered_at < sent_at',
        'opened_at': 'opened_at < sent_at',
        'clicked_at': 'clicked_at < sent_at',
        'bounced_at': 'bounced_at < sent_at',
        'unsubscribed_at': 'unsubscribed_at < sent_at',
    }
) }}
