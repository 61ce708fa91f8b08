{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='forecast_month',
        full_refresh=false,
        on_schema_change='append_new_columns',
        post_hook="delete from {{ this }} where customer_key not in (select customer_id from {{ ref('base_crm__customers') }} where row_status <> 'erased' and customer_id is not null)",
    )
}}

-- Every prediction that was published, frozen: the last one of each month. Not rebuilt, so that it can be scored later.
-- Customers who were erased since, and who are in the raw tables no more, are taken out.
with

{% if is_incremental() -%}
last_published as (

    select max(log.as_of_date) as as_of_date
    from {{ this }} as log
    inner join {{ ref('fct_customer_cltv') }} as customers
        on log.customer_key = customers.customer_key

),

{% endif -%}
customers as (

    select * from {{ ref('fct_customer_cltv') }}
    where
        prediction_status in ('predicted', 'orders_only')
        {%- if is_incremental() %}
        -- to look back is not to publish: hindsight must not stand in for what was foreseen
        and as_of_date >= coalesce((select last_published.as_of_date from last_published), as_of_date)
        {%- endif %}

)

select
    {{ row_key(['as_of_date', 'customer_key']) }} as log_id,
    {{ month_start('as_of_date') }} as forecast_month,
    as_of_date,
    customer_key,
    purchase_model,
    prediction_grade,
    expected_orders_1m,
    expected_orders_3m,
    expected_orders_12m,
    probabilistic_net_revenue_next_12m as expected_net_revenue_12m
from customers
