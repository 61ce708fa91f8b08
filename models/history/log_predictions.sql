{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='forecast_month',
        full_refresh=false,
        on_schema_change='append_new_columns',
        post_hook="delete from {{ this }} where customer_key not in (select customer_id from {{ ref('base_crm__customers') }} where row_status in ('accepted', 'after_as_of') and customer_id is not null)",
    )
}}

-- Every prediction that was published, frozen: the last one of each month. Not rebuilt, so that it can be scored later.
-- Customers who were erased since, and who are in the raw tables no more, are taken out.
{%- set last_published %}
coalesce((
    select max(log.as_of_date)
    from {{ this }} as log
    inner join {{ ref('fct_customer_cltv') }} as known
        on log.customer_key = known.customer_key
), as_of_date)
{%- endset %}
with

customers as (

    select * from {{ ref('fct_customer_cltv') }}
    where
        prediction_status in ('predicted', 'orders_only')
        -- to look back is not to publish: hindsight must not stand in for what was foreseen
        and as_of_date >= {{ last_published if is_incremental() else 'as_of_date' }}

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
