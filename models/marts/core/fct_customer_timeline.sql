-- Everything that happened between a customer and the business, one row per event.
with

orders as (

    select
        customer_key,
        case when is_sale then 'order' else 'order_without_sale' end as event_type,
        'orders' as source_table,
        order_id as source_key,
        lower(order_channel) as channel,
        'inbound' as direction,
        net_revenue,
        ordered_on as event_on,
        ordered_at as event_at

    from {{ ref('fct_orders') }}
    where
        customer_key <> 'guest'
        -- nobody lived through an order that was placed to try the shop out
        and order_status <> 'test'

),

-- the money is in the order's row already; a refund that is assumed has no day of its own
refunds as (

    select
        customer_key,
        'refund' as event_type,
        'refunds' as source_table,
        refund_id as source_key,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(null as {{ dbt.type_string() }}) as direction,
        cast(null as {{ money_type() }}) as net_revenue,
        refunded_on as event_on,
        cast(null as {{ dbt.type_timestamp() }}) as event_at

    from {{ ref('fct_refunds') }}
    where
        customer_key <> 'guest'
        and not is_assumed

),

events as (

    select * from orders
    union all
    select * from refunds
    {%- for relation in ['int_events__contacts', 'int_events__agreements'] %}
    union all
    select
        customer_key,
        event_type,
        source_table,
        source_key,
        channel,
        direction,
        cast(null as {{ money_type() }}) as net_revenue,
        event_on,
        event_at
    from {{ ref(relation) }}
    {%- endfor %}

)

select
    ---------- ids
    {{ row_key(['event_type', 'source_key']) }} as event_id,
    customer_key,
    source_table,
    source_key,

    ---------- texts
    event_type,
    channel,
    direction,

    ---------- numbers
    net_revenue,

    ---------- dates
    event_on,

    ---------- timestamps
    event_at
from events
