-- Every raw row, typed once, with what became of it. A touch that came after the order it is said to
-- have led to did not lead to it: the touch stays, the claim is cleared.
{{ base_rows('touchpoints',
    parents=[{'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'}],
    joins=["left join " ~ ref('base_crm__orders') ~ " as orders on versions.order_id = orders.order_id and orders.row_status <> 'rejected' and orders.version_rank = 1"],
    computed=['orders.ordered_at as led_to_order_at'],
    cleared={'order_id': 'touched_at > led_to_order_at'}
) }}
