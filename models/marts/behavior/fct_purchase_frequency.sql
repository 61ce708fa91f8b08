-- How often each customer buys. Customers without a purchase have no row here; they are in dim_customers.
with

histories as (

    select * from {{ ref('int_purchase_histories') }}
    where origin_id = 'now'

),

gaps as (

    select
        customer_key,
        purchased_on,
        {{ days_between('lag(purchased_on) over (partition by customer_key order by purchased_on)', 'purchased_on') }}
            as gap_days
    from {{ ref('int_customers__purchase_days') }}

),

-- own cadence: the median is not moved by one long holiday
cadences as (

    select
        customer_key,
        {{ median('gap_days') }} as median_gap_days
    from gaps
    where gap_days is not null
    group by customer_key

),

orders as (

    select
        customer_key,
        {{ sum_money('orders') }} as orders
    from {{ ref('int_customers__purchase_days') }}
    group by customer_key

)

select
    ---------- ids
    histories.customer_key,

    ---------- numbers
    cast(orders.orders as integer) as purchase_orders,
    cast(histories.frequency + 1 as integer) as purchase_days,
    histories.frequency,
    histories.recency_days,
    histories.age_days,
    cast(histories.age_days - histories.recency_days as integer) as days_since_last_purchase,
    {{ divide('histories.recency_days', 'histories.frequency') }} as mean_gap_days,
    cadences.median_gap_days,
    -- how many of their own usual gaps a customer has been silent for
    {{ divide('histories.age_days - histories.recency_days', 'cadences.median_gap_days') }} as silence_in_gaps,

    ---------- booleans
    histories.frequency > 0 as is_repeat_customer,

    ---------- dates
    histories.first_purchased_on,
    histories.last_purchased_on,
    histories.origin_date as as_of_date
from histories
inner join orders
    on histories.customer_key = orders.customer_key
left join cadences
    on histories.customer_key = cadences.customer_key
