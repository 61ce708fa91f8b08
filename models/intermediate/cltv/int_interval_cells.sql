{{ config(materialized='view') }}

-- What intervals are drawn for: cells of today, and of those dates of the past at which they are checked, apart by how
-- many purchases the mean value of their customers is of. A day that left nothing is a purchase, and has no part in a
-- mean of positive values.
-- A view: one model reads it.
{%- set purchases = chosen_variable('spend_purchases', ['all', 'repeat']) %}
with

placed as (

    select
        placed.*,
        origins.horizon_days
    from {{ ref('int_histories__placed') }} as placed
    inner join {{ ref('int_prediction_origins') }} as origins
        on placed.origin_id = origins.origin_id
    where origins.has_intervals

)

select
    {{ row_key([
        'origin_id', 'covariate_pattern', 'frequency', 'cell_recency_days', 'cell_age_days', purchases ~ '_count_net_revenue'
    ]) }} as interval_cell_id,
    origin_id,
    max(horizon_days) as horizon_days,
    covariate_pattern,
    max(covariate_channel) as acquisition_channel,
    max(covariate_type) as customer_type,
    frequency,
    cell_recency_days as recency_days,
    cell_age_days as age_days,
    {{ purchases }}_count_net_revenue as purchase_count
from placed
group by
    origin_id,
    covariate_pattern,
    frequency,
    cell_recency_days,
    cell_age_days,
    {{ purchases }}_count_net_revenue
