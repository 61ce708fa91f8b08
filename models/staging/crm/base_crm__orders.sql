-- Every raw row, typed once, with what became of it.
with

rows_read as (

    {{ typed_crm_rows('orders') }}

),

flagged as (

    select
        rows_read.*,
        {{ business_date('rows_read.ordered_at') }} as ordered_on,
        {{ business_date('rows_read.cancelled_at') }} as cancelled_on,
        as_of.as_of_date,
        case
            {{ contract_reasons('orders') }}
            when total_amount < 0 then 'negative_amount'
        end as row_reason

    from rows_read
    cross join {{ ref('base_crm__as_of') }} as as_of

),

versions as (

    {{ ranked_versions('flagged', 'orders') }}

),

-- one row per customer: of its versions only one is not rejected
customers as (

    select
        customer_id,
        row_status
    from {{ ref('base_crm__customers') }}
    where row_status <> 'rejected' and version_rank = 1

),

joined as (

    select
        versions.*,
        customers.customer_id as known_customer_id,
        customers.row_status as customers_status,
        {{ row_rate('versions.currency') }} as rate_to_reporting

    from versions
    left join customers
        on versions.customer_id = customers.customer_id
    left join {{ ref('base_crm__exchange_rate_days') }} as rate_days
        on
            versions.currency = rate_days.currency
            and versions.ordered_on = rate_days.rate_on

),

checked as (

    select
        *,
        {{ row_status('ordered_on', [
            "when version_rank > 1 then 'superseded_duplicate'",
            "when customer_id is not null and known_customer_id is null then 'orphan_customer'",
            "when rate_to_reporting is null then 'no_rate'",
        ]) }}

    from joined

)

-- the order of an erased customer stays in the books, and belongs to nobody
{%- set erased = "customers_status = 'erased'" %}
select {{ base_columns(
    'orders', ['ordered_on', 'cancelled_on', 'rate_to_reporting'],
    forgotten={'customer_id': erased, 'customer_email': erased}
) }}
from checked
