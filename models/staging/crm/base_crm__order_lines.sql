-- Every raw row, typed once, with what became of it. A line has no date and no currency of its own: both are its
-- order's.
with

rows_read as (

    {{ typed_crm_rows('order_lines') }}

),

flagged as (

    select
        rows_read.*,
        as_of.as_of_date,
        case
            {{ contract_reasons('order_lines') }}
            when quantity <= 0 then 'not_positive_quantity'
            when unit_price < 0 or unit_cost < 0 or discount_amount < 0 then 'negative_amount'
        end as row_reason

    from rows_read
    cross join {{ ref('base_crm__as_of') }} as as_of

),

versions as (

    {{ ranked_versions('flagged', 'order_lines') }}

),

-- one row per order: of its versions only one is not rejected
orders as (

    select
        order_id,
        ordered_on,
        rate_to_reporting
    from {{ ref('base_crm__orders') }}
    where row_status <> 'rejected' and version_rank = 1

),

joined as (

    select
        versions.*,
        orders.ordered_on,
        orders.rate_to_reporting,
        orders.order_id as known_order_id

    from versions
    left join orders
        on versions.order_id = orders.order_id

),

checked as (

    select
        *,
        {{ row_status('ordered_on', [
            "when version_rank > 1 then 'superseded_duplicate'",
            "when known_order_id is null then 'orphan_order'",
        ]) }}

    from joined

)

select {{ base_columns('order_lines', ['ordered_on', 'rate_to_reporting']) }}
from checked
