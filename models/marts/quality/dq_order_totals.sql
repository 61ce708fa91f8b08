-- Accepted orders whose header says another total than their lines: only these are rows. All orders are compared in the
-- reporting currency, where their lines are summed already; the few that differ are then held against their lines in
-- the order's own currency, where no rate can blur a cent.
with

candidates as (

    select order_id
    from {{ ref('int_orders__converted') }}
    where
        line_count > 0
        and order_total <> line_amount + gift_card_amount - line_discount - order_discount + shipping_charged
        + case when coalesce(prices_include_tax, false) then 0 else tax_amount end

),

lines as (

    select
        order_lines.order_id,
        {{ count_if("order_lines.row_status = 'accepted'") }} as line_count,
        {{ count_if("order_lines.row_status = 'rejected'") }} as rejected_lines,
        {{ sum_money(
            "case when order_lines.row_status = 'accepted' then "
            ~ round_money('order_lines.quantity * order_lines.unit_price')
            ~ ' - coalesce(order_lines.discount_amount, 0) else 0 end'
        ) }} as line_amount,
        {{ sum_money("case when order_lines.row_status = 'accepted' then order_lines.tax_amount end") }} as line_tax

    from {{ ref('base_crm__order_lines') }} as order_lines
    inner join candidates
        on order_lines.order_id = candidates.order_id
    -- an older version of a line is no line that is missing
    where order_lines.row_status <> 'rejected' or order_lines.reject_reason <> 'superseded_duplicate'
    group by order_lines.order_id

),

compared as (

    select
        orders.order_id,
        orders.ordered_on,
        orders.rate_to_reporting,
        orders.currency,
        orders.total_amount,
        lines.line_count,
        lines.rejected_lines,
        coalesce(orders.discount_amount, 0) as discount_amount,
        coalesce(orders.shipping_amount, 0) as shipping_amount,
        coalesce(orders.tax_amount, lines.line_tax, 0) as tax_amount,
        lines.line_amount
        - coalesce(orders.discount_amount, 0)
        + coalesce(orders.shipping_amount, 0)
        + case
            when coalesce(orders.prices_include_tax, false) then 0
            else coalesce(orders.tax_amount, lines.line_tax, 0)
        end as total_from_lines

    from {{ ref('stg_crm__orders') }} as orders
    inner join lines
        on orders.order_id = lines.order_id

),

differing as (

    select
        *,
        total_amount - total_from_lines as difference
    from compared
    -- a cent per line for rounding
    where abs(total_amount - total_from_lines) > line_count * cast(0.01 as decimal(3, 2))

)

select
    order_id,
    coalesce(currency, '{{ reporting_currency() }}') as original_currency,
    case
        when rejected_lines > 0 then 'lines_rejected'
        when abs(difference) = tax_amount then 'tax'
        when abs(difference) = shipping_amount then 'shipping'
        when abs(difference) = discount_amount then 'discount'
        else 'unexplained'
    end as difference_kind,
    cast(line_count as integer) as line_count,
    cast(rejected_lines as integer) as rejected_lines,
    total_amount as header_total,
    cast(total_from_lines as {{ money_type() }}) as total_from_lines,
    cast(difference as {{ money_type() }}) as difference,
    {{ to_reporting('total_amount', 'rate_to_reporting') }} as header_total_reporting,
    {{ to_reporting('total_from_lines', 'rate_to_reporting') }} as total_from_lines_reporting,
    {{ to_reporting('difference', 'rate_to_reporting') }} as difference_reporting,
    ordered_on
from differing
