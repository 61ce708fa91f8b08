{{ config(materialized='view') }}

-- Each history with the cell that it belongs to, and the groups of its customer. A view over two tables.
with

histories as (

    select * from {{ ref('int_purchase_histories') }}

),

grains as (

    select * from {{ ref('int_purchase_cell_grains') }}

),

covariates as (

    select * from {{ ref('int_customers__covariates') }}

)

select
    histories.*,
    {{ cell_recency_days() }} as cell_recency_days,
    {{ cell_age_days() }} as cell_age_days,
    covariates.covariate_pattern,
    covariates.acquisition_channel,
    covariates.covariate_channel,
    covariates.covariate_type,
    covariates.customer_type,
    covariates.sample_number
from histories
inner join grains
    on histories.origin_id = grains.origin_id
inner join covariates
    on histories.customer_key = covariates.customer_key
