-- Lifetime value by the channel that won the customer.
with

customers as (

    select * from {{ ref('fct_customer_cltv') }}

),

grouped as (

    select
        acquisition_channel,
        max(channel_group) as channel_group,
        {{ grouped_cltv_columns() }}

    from customers
    group by acquisition_channel

)

select
    grouped.acquisition_channel,
    grouped.channel_group,
    {{ grouped_cltv_select() }}
from grouped
