-- Every raw row, typed once, with what became of it.
{{ base_rows('subscription_prices',
    checks=[
        "when monthly_amount < 0 then 'negative_amount'",
        "when valid_to < valid_from then 'ends_before_start'",
    ],
    parents=[{'table': 'subscriptions', 'column': 'subscription_id', 'reason': 'orphan_subscription'}],
    rate_day='valid_from',
    currency='parent_subscriptions.currency' if crm_table_is_on('subscriptions') else 'cast(null as ' ~ dbt.type_string() ~ ')',
    amount='monthly_amount'
) }}
