{{ config(materialized='view') }}

-- Who is looked at from each origin: everybody who had bought by then, and in the back-tests of a large business a
-- sample. A view: it is a filter.
with

origins as (

    select * from {{ ref('int_prediction_origins') }}

),

covariates as (

    select * from {{ ref('int_customers__covariates') }}

)

select
    {{ row_key(['origins.origin_id', 'covariates.customer_key']) }} as history_id,
    origins.origin_id,
    origins.origin_kind,
    origins.origin_date,
    origins.horizon_days,
    covariates.customer_key,
    covariates.sample_number
from covariates
inner join origins
    on
        covariates.first_purchased_on <= origins.origin_date
        and (
            origins.origin_kind = 'now'
            or covariates.sample_number <= {{ count_variable('backtest_customers', 100) }}
        )
