-- What a customer of each cohort is still to bring: the pooled growth curve, scaled by how the cohort has done so far.
with

cohorts as (

    select
        cohort_month,
        max(customers) as customers,
        max(observed_months) as observed_months,
        {% for basis in value_bases() -%}
        {{ divide(
            'sum(case when is_mature then ' ~ basis ~ ' else 0 end)',
            'max(customers)'
        ) }} as {{ basis }}_so_far,
        {% endfor -%}
        count(*) as age_months

    from {{ ref('int_cohort_increments') }}
    group by cohort_month

),

growth as (

    select * from {{ ref('int_cohort_growth') }}

),

scaled as (

    select
        cohorts.cohort_month,
        cohorts.customers,
        cohorts.observed_months,
        {% for basis in value_bases() -%}
        cohorts.{{ basis }}_so_far,
        now.{{ basis }}_before as {{ basis }}_now,
        -- a cohort too young to have a level of its own, or without a positive one, grows like all the others
        case
            when cohorts.observed_months > 0 and cohorts.{{ basis }}_so_far > 0 and now.{{ basis }}_before > 0
                then cohorts.{{ basis }}_so_far / now.{{ basis }}_before
            else 1
        end as {{ basis }}_scale{{ ',' if not loop.last }}
        {% endfor %}

    from cohorts
    inner join growth as now
        on cohorts.observed_months = now.age_month

)

select
    scaled.cohort_month,
    scaled.customers,
    scaled.observed_months,
    {% for basis in value_bases() -%}
    scaled.{{ basis }}_so_far,
    scaled.{{ basis }}_scale,
    {% for label in value_horizons() -%}
    scaled.{{ basis }}_scale * (in_{{ label }}.{{ basis }}_before - scaled.{{ basis }}_now) as {{ basis }}_next_{{ label }},
    {% endfor -%}
    {% endfor -%}
    scaled.observed_months + 24 > (select max(growth.age_month) from growth where not growth.is_extrapolated) as is_extrapolated
from scaled
{%- for label, years in value_horizons().items() %}
inner join growth as in_{{ label }}
    on scaled.observed_months + {{ 12 * years }} = in_{{ label }}.age_month
{%- endfor %}
