-- One row per customer and day with at least one purchase: what all timing models look at. Guests are nobody to
-- predict.
with

purchases as (

    select * from {{ ref('fct_orders') }}
    where
        is_purchase
        and customer_key <> 'guest'

),

by_day as (

    select
        customer_key,
        ordered_on as purchased_on,
        count(*) as orders,
        {{ sum_money('net_revenue') }} as net_revenue,
        {{ sum_if_complete('gross_margin') }} as gross_margin

    from purchases
    group by
        customer_key,
        ordered_on

)

select
    {{ row_key(['customer_key', 'purchased_on']) }} as purchase_day_id,
    *,
    -- how regular a customer is shows in these
    {{ days_between('lag(purchased_on) over (partition by customer_key order by purchased_on)', 'purchased_on') }}
        as days_since_previous
from by_day
