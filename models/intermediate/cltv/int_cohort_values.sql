-- What a customer of each cohort and age is still to bring: the pooled growth curve, scaled by the cohort's own level.
with

increments as (

    select * from {{ ref('int_cohort_increments') }}

),

growth as (

    select * from {{ ref('int_cohort_growth') }}

),

-- what a first purchase brings on average: the level that the curve of later purchases grows from
firsts as (

    select
        {%- for basis in value_bases() %}
        {{ divide(sum_if_complete('first_day_' ~ basis), 'sum(customers)') }}
            as first_day_{{ basis }},
        {%- endfor %}
        sum(customers) as customers

    from increments
    where age_month = 0

),

cohorts as (

    select
        cohort_month,
        {%- for basis in value_bases() %}
        {{ divide(
            'max(first_day_' ~ basis ~ ') + coalesce(sum(case when is_mature then ' ~ basis ~ ' end), 0)',
            'max(customers)'
        ) }} as {{ basis }}_so_far,
        {%- endfor %}
        max(observed_months) as observed_months

    from increments
    group by cohort_month

),

scaled as (

    select
        cohorts.cohort_month,
        {%- for basis in value_bases() %}
        -- a level of zero or below has no proportion to anything: such a cohort grows like all the others
        case
            when cohorts.{{ basis }}_so_far > 0 and firsts.first_day_{{ basis }} + observed.{{ basis }}_before > 0
                then cohorts.{{ basis }}_so_far / (firsts.first_day_{{ basis }} + observed.{{ basis }}_before)
            when
                cohorts.{{ basis }}_so_far is not null
                and firsts.first_day_{{ basis }} + observed.{{ basis }}_before is not null
                then 1
        end as {{ basis }}_scale,
        cohorts.{{ basis }}_so_far,
        {%- endfor %}
        cohorts.observed_months

    from cohorts
    cross join firsts
    inner join growth as observed
        on cohorts.observed_months = observed.age_month

)

select
    increments.cohort_age_id,
    increments.cohort_month,
    increments.age_month,
    {%- for basis in value_bases() %}
    scaled.{{ basis }}_so_far,
    scaled.{{ basis }}_scale,
    {%- for label in value_horizons() %}
    scaled.{{ basis }}_scale * (in_{{ label }}.{{ basis }}_before - here.{{ basis }}_before)
        as {{ basis }}_next_{{ label }},
    -- within a month of age the curve is a straight line: this times the part of the month that is gone
    scaled.{{ basis }}_scale * (in_{{ label }}.{{ basis }} - here.{{ basis }})
        as {{ basis }}_slope_{{ label }},
    {%- endfor %}
    {%- endfor %}
    here.is_extrapolated or in_24m.is_extrapolated as is_extrapolated
from increments
inner join scaled
    on increments.cohort_month = scaled.cohort_month
inner join growth as here
    on increments.age_month = here.age_month
{%- for label, years in value_horizons().items() %}
inner join growth as in_{{ label }}
    on increments.age_month + {{ 12 * years }} = in_{{ label }}.age_month
{%- endfor %}
