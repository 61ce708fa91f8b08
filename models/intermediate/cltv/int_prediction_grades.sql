-- How well each ensemble would have done on this business's own past, one row each, and the grade that the rule gives it.
with

figures as (

    select
        model_name,
        {%- for figure in ['capture', 'best_baseline_capture', 'capture_gain', 'bias', 'pit_deviation', 'channel_bias', 'origins'] %}
        max(case when figure = '{{ figure }}' then estimate end) as {{ figure }},
        {%- endfor %}
        max(case when figure = 'capture_gain' then lower_bound end) as capture_gain_lower,
        max(case when figure = 'best_baseline_capture' then note end) as best_baseline,
        max(case when figure = 'total_ratio' then lower_bound end) as total_ratio_lower_90,
        max(case when figure = 'total_ratio' then upper_bound end) as total_ratio_upper_90,
        max(case when figure = 'total_ratio' then note end) as total_ratio_note
    from {{ ref('int_backtest_summary') }}
    group by model_name

),

-- the best grade all of whose conditions hold; an empty condition asks nothing
graded as (

    select
        figures.model_name,
        min(grades.grade_rank) as grade_rank

    from figures
    inner join {{ ref('prediction_grades') }} as grades
        on
            figures.capture_gain >= coalesce(grades.minimum_capture_gain, figures.capture_gain)
            and (grades.minimum_capture_gain_lower is null or figures.capture_gain_lower > grades.minimum_capture_gain_lower)
            and (grades.maximum_absolute_bias is null or abs(figures.bias) <= grades.maximum_absolute_bias)
            and (grades.maximum_pit_deviation is null or figures.pit_deviation <= grades.maximum_pit_deviation)
    group by figures.model_name

)

select
    figures.*,
    grades.grade as prediction_grade,
    'finds ' || {{ percent('figures.capture') }} || ' of the customers who bring four fifths of the value, '
    || figures.best_baseline || ' ' || {{ percent('figures.best_baseline_capture') }}
    || '; total ' || {{ percent('figures.bias') }} || ' off; intervals '
    || case when figures.pit_deviation <= rule.maximum_pit_deviation then 'hold' else 'do not hold' end
    || '; ' || cast(cast(figures.origins as integer) as {{ dbt.type_string() }}) || ' origins' as grade_reason
from figures
cross join (
    select max(maximum_pit_deviation) as maximum_pit_deviation
    from {{ ref('prediction_grades') }}
) as rule
left join graded
    on figures.model_name = graded.model_name
left join {{ ref('prediction_grades') }} as grades
    on graded.grade_rank = grades.grade_rank
