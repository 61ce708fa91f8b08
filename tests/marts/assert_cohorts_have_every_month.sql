-- Cohort rows = cohorts × months since: no month is missing because nobody came back in it, and the first one has
-- everybody.
with

expected as (

    select
        cohort_month,
        max(months_since_acquisition) + 1 as months,
        max(case when months_since_acquisition = 0 and is_mature then retention_rate end) as first_rate,
        count(*) as month_rows
    from {{ ref('fct_cohort_retention') }}
    group by cohort_month

)

select *
from expected
where
    months <> month_rows
    or first_rate <> 1
