-- The pooled growth curve: what a customer brings in each month of age, over all cohorts that have lived through it.
with

increments as (

    select * from {{ ref('int_cohort_increments') }}

),

observed as (

    select
        age_month,
        {%- for basis in value_bases() %}
        {{ divide(sum_if_complete(basis), 'sum(customers)') }} as {{ basis }},
        {%- endfor %}
        sum(customers) as customers

    from increments
    where is_mature
    group by age_month

),

bounds as (

    select
        coalesce(max(age_month), -1) as last_age_month,
        least(6, cast(floor(coalesce(max(age_month) + 1, 0) / 2e0) as integer)) as tail_months

    from observed

),

-- beyond the oldest cohort: the last months' level, fading as it faded over the months before them (never growing).
-- Before two months of age have been lived through there is no level, and all beyond is unknown: the greatest of
-- nought and nothing would be nought
tails as (

    select
        {%- for basis in value_bases() %}
        {%- set late = 'case when observed.age_month > bounds.last_age_month - bounds.tail_months'
            ~ ' then observed.' ~ basis ~ ' end' %}
        {%- set before = 'case when observed.age_month > bounds.last_age_month - 2 * bounds.tail_months'
            ~ ' and observed.age_month <= bounds.last_age_month - bounds.tail_months then observed.' ~ basis ~ ' end' %}
        case when avg({{ late }}) is not null then greatest(0, avg({{ late }})) end as level_{{ basis }},
        least(1, greatest(0, coalesce({{ divide('sum(' ~ late ~ ')', 'sum(' ~ before ~ ')') }}, 0)))
            as fading_{{ basis }},
        {%- endfor %}
        max(bounds.last_age_month) as last_age_month,
        max(bounds.tail_months) as tail_months

    from bounds
    left join observed
        on bounds.tail_months > 0

),

ages as (

    select
        tails.*,
        steps.n as age_month

    from tails
    inner join {{ numbers(700) }} as steps
        on steps.n <= tails.last_age_month + 60

),

curve as (

    select
        ages.age_month,
        {%- for basis in value_bases() %}
        case
            when observed.age_month is not null then observed.{{ basis }}
            else ages.level_{{ basis }} * power(
                ages.fading_{{ basis }},
                {{ divide('ages.age_month - ages.last_age_month', 'ages.tail_months') }}
            )
        end as {{ basis }},
        {%- endfor %}
        observed.age_month is null as is_extrapolated,
        coalesce(observed.customers, 0) as customers

    from ages
    left join observed
        on ages.age_month = observed.age_month

)

select
    age_month,
    {%- for basis in value_bases() %}
    {{ basis }},
    -- after a month of which nothing is known no sum is known either
    case
        when count({{ basis }}) over (order by age_month rows between unbounded preceding and 1 preceding) = age_month
            then coalesce(
                sum({{ basis }}) over (order by age_month rows between unbounded preceding and 1 preceding), 0
            )
    end as {{ basis }}_before,
    {%- endfor %}
    is_extrapolated,
    customers
from curve
