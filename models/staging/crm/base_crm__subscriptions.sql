-- Every raw row, typed once, with what became of it. A contract that starts while an earlier one of the
-- same customer and plan still runs would be counted twice.
{{ base_rows('subscriptions',
    checks=["when ended_on < started_on then 'ends_before_start'"],
    parents=[{'table': 'customers', 'column': 'customer_id', 'reason': 'orphan_customer'}],
    computed=[earlier_contract_end() ~ ' as earlier_ended_on'],
    branches=["when started_on <= earlier_ended_on then 'overlapping_subscription'"]
) }}
