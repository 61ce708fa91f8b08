-- What must be kept as it is was kept: guests in totals, cancelled and test orders at 0, leading zeros of postal codes,
-- consents that arrived out of order, contracts without a price, requests of people who are gone already.
{{ config(enabled=demo_is_as_planted()) }}
with

planted as (

    select * from {{ ref('demo_planted_defects') }}
    where treatment = 'kept'

)

select
    planted.table_name,
    planted.record_key,
    planted.code
from planted
left join {{ ref('fct_orders') }} as orders
    on
        planted.table_name = 'orders'
        and planted.record_key = orders.order_id
left join {{ ref('stg_crm__customers') }} as customers
    on
        planted.table_name = 'customers'
        and planted.record_key = customers.customer_id
left join {{ ref('stg_crm__consents') }} as consents
    on
        planted.table_name = 'consents'
        and planted.record_key = consents.consent_id
left join {{ ref('stg_crm__subscriptions') }} as subscriptions
    on
        planted.table_name = 'subscriptions'
        and planted.record_key = subscriptions.subscription_id
left join {{ ref('stg_crm__erasure_requests') }} as erasure_requests
    on
        planted.table_name = 'erasure_requests'
        and planted.record_key = erasure_requests.request_id
left join {{ ref('dq_migration_check') }} as migrations
    on
        planted.table_name = 'migration_counts'
        and planted.record_key = {{ row_key(
            ['migrations.migration_id', "'after'", 'migrations.table_name', 'migrations.measure', 'migrations.column_name']
        ) }}
where not coalesce(
    case planted.code
        when 'guest' then orders.is_guest
        when 'not_a_sale' then not orders.is_sale and orders.net_revenue = 0
        when 'migration_difference' then migrations.migration_status = 'differs'
        when 'leading_zero_kept' then customers.postal_code like '00%'
        when 'recorded_out_of_order' then consents.consent_id is not null
        when 'unpriced_subscription' then subscriptions.subscription_id is not null
        when 'unknown_customer' then erasure_requests.request_id is not null
    end, false
)
