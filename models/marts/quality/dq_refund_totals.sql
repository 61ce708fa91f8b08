-- What was given back of each order beside what was paid for it, in the order's own currency. Refunds beyond the
-- payment are rejected rows: they are shown here, and counted nowhere else.
with

refunds as (

    select
        order_id,
        refunded_on,
        amount,
        rate_to_reporting,
        row_status = 'rejected' as is_rejected
    from {{ ref('base_crm__refunds') }}
    where
        row_status = 'accepted'
        or reject_reason = 'refund_exceeds_order'

),

orders as (

    select * from {{ ref('stg_crm__orders') }}

),

-- a refund in another currency is worth what the rates of its day and of the order's day make of it
converted as (

    select
        orders.order_id,
        orders.ordered_on,
        orders.currency,
        orders.total_amount,
        orders.rate_to_reporting,
        refunds.refunded_on,
        refunds.is_rejected,
        case
            when refunds.rate_to_reporting = orders.rate_to_reporting then refunds.amount
            else {{ predicted_money(divide('refunds.amount * refunds.rate_to_reporting', 'orders.rate_to_reporting')) }}
        end as amount

    from refunds
    inner join orders
        on refunds.order_id = orders.order_id

),

summed as (

    select
        order_id,
        ordered_on,
        currency,
        total_amount,
        rate_to_reporting,
        {{ count_if('not is_rejected') }} as refund_count,
        {{ count_if('is_rejected') }} as rejected_refunds,
        {{ sum_money('case when is_rejected then 0 else amount end') }} as refunded_amount,
        {{ sum_money('case when is_rejected then amount else 0 end') }} as rejected_amount,
        max(refunded_on) as last_refunded_on

    from converted
    group by
        order_id,
        ordered_on,
        currency,
        total_amount,
        rate_to_reporting

)

select
    order_id,
    coalesce(currency, '{{ reporting_currency() }}') as original_currency,
    case
        when rejected_refunds > 0 then 'refunded_beyond_payment'
        when refunded_amount >= total_amount - cast(0.01 as decimal(3, 2)) then 'refunded_in_full'
        else 'refunded_in_part'
    end as refund_status,
    cast(refund_count as integer) as refund_count,
    cast(rejected_refunds as integer) as rejected_refunds,
    total_amount as paid_amount,
    cast(refunded_amount as {{ money_type() }}) as refunded_amount,
    cast(rejected_amount as {{ money_type() }}) as rejected_amount,
    {{ divide('refunded_amount', 'total_amount') }} as refunded_share,
    {{ to_reporting('total_amount', 'rate_to_reporting') }} as paid_amount_reporting,
    {{ to_reporting('refunded_amount', 'rate_to_reporting') }} as refunded_amount_reporting,
    {{ to_reporting('rejected_amount', 'rate_to_reporting') }} as rejected_amount_reporting,
    ordered_on,
    last_refunded_on
from summed
