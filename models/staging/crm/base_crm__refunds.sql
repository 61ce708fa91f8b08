-- Every raw row, typed once, with what became of it.
with

rows_read as (

    {{ typed_crm_rows('refunds') }}

),

flagged as (

    select
        rows_read.*,
        {{ business_date('rows_read.refunded_at') }} as refunded_on,
        as_of.as_of_date,
        case
            {{ contract_reasons('refunds') }}
            when amount < 0 then 'negative_amount'
        end as row_reason

    from rows_read
    cross join {{ ref('base_crm__as_of') }} as as_of

),

versions as (

    {{ ranked_versions('flagged', 'refunds') }}

),

-- one row per order: of its versions only one is not rejected
orders as (

    select
        order_id,
        ordered_at,
        currency,
        total_amount,
        rate_to_reporting
    from {{ ref('base_crm__orders') }}
    where row_status <> 'rejected' and version_rank = 1

),

joined as (

    select
        versions.*,
        orders.order_id as known_order_id,
        orders.ordered_at,
        orders.total_amount as order_total_amount,
        coalesce(versions.currency, orders.currency, '{{ reporting_currency() }}')
        <> coalesce(orders.currency, '{{ reporting_currency() }}') as is_other_currency,
        orders.rate_to_reporting as order_rate_to_reporting,
        {{ row_rate('coalesce(versions.currency, orders.currency)') }} as rate_to_reporting

    from versions
    left join orders
        on versions.order_id = orders.order_id
    left join {{ ref('base_crm__exchange_rate_days') }} as rate_days
        on
            coalesce(versions.currency, orders.currency) = rate_days.currency
            and versions.refunded_on = rate_days.rate_on

),

-- refunds are taken in the order in which they were paid; the one that goes beyond the order is the one that is wrong
cumulated as (

    select
        *,
        sum(
            case
                when
                    row_reason is null
                    and version_rank = 1
                    and known_order_id is not null
                    and rate_to_reporting is not null
                    and refunded_at >= ordered_at
                    then
                        case
                            when is_other_currency then {{ divide('amount * rate_to_reporting', 'order_rate_to_reporting') }}
                            else amount
                        end
                else 0
            end
        ) over (
            partition by order_id
            order by refunded_at, refund_id, version_rank
            rows between unbounded preceding and current row
        ) as refunded_so_far,
        -- a cent for rounding; rates move between the order and a refund in another currency
        order_total_amount + case when is_other_currency then order_total_amount * 0.05 else 0.01 end as refundable_amount

    from joined

),

checked as (

    select
        *,
        {{ row_status('refunded_on', [
            "when version_rank > 1 then 'superseded_duplicate'",
            "when known_order_id is null then 'orphan_order'",
            "when rate_to_reporting is null then 'no_rate'",
            "when refunded_at < ordered_at then 'refund_before_order'",
            "when refunded_so_far > refundable_amount then 'refund_exceeds_order'",
        ]) }}

    from cumulated

)

select {{ base_columns('refunds', ['refunded_on', 'rate_to_reporting']) }}
from checked
