-- All that a purchase model ever sees: how many customers of a group share the same frequency, recency and age.
with

placed as (

    select * from {{ ref('int_histories__placed') }}

)

select
    {{ row_key(['origin_id', 'covariate_pattern', 'frequency', 'cell_recency_days', 'cell_age_days']) }} as cell_id,
    origin_id,
    covariate_pattern,
    max(covariate_channel) as acquisition_channel,
    max(covariate_type) as customer_type,
    frequency,
    cell_recency_days as recency_days,
    cell_age_days as age_days,
    count(*) as customers,
    {{ exact_sum('log_gap_sum', 9) }} as log_gap_sum
from placed
group by
    origin_id,
    covariate_pattern,
    frequency,
    cell_recency_days,
    cell_age_days
