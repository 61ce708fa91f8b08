-- How well each method would have done on this business's own past, and the grade that the rule gives it.
with

figures as (

    select
        *,
        -- what chance alone shows on so few customers is no fault
        pit_flatness - pit_flatness_by_chance as pit_excess,
        value_pit_flatness - value_pit_flatness_by_chance as value_pit_excess
    from {{ ref('int_backtest_summary') }}
    -- a simple rule has neither a distribution nor a grade
    where pit_flatness is not null

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
            and (
                grades.minimum_capture_gain_lower is null
                or figures.capture_gain_lower > grades.minimum_capture_gain_lower
            )
            and (grades.maximum_absolute_bias is null or abs(figures.bias) <= grades.maximum_absolute_bias)
            and (grades.maximum_pit_flatness is null or figures.pit_excess <= grades.maximum_pit_flatness)
            -- where there is no value to foresee, orders alone are graded
            and (
                grades.maximum_absolute_value_bias is null
                or figures.value_bias is null
                or abs(figures.value_bias) <= grades.maximum_absolute_value_bias
            )
            and (
                grades.maximum_pit_flatness is null
                or figures.value_pit_excess is null
                or figures.value_pit_excess <= grades.maximum_pit_flatness
            )
    group by figures.model_name

),

rules as (

    select
        grade,
        grade_rank,
        max(maximum_pit_flatness) over () as maximum_pit_flatness
    from {{ ref('prediction_grades') }}

)

select
    figures.model_name,
    rules.grade as prediction_grade,
    'finds ' || {{ percent('figures.capture') }} || ' of the customers who brought four fifths of the value, '
    || figures.best_baseline || ' ' || {{ percent('figures.best_baseline_capture') }}
    || '; orders in total ' || {{ percent('figures.bias') }} || ' off'
    || coalesce(', value ' || {{ percent('figures.value_bias') }}, '')
    || '; intervals ' || case
        when figures.pit_excess <= rules.maximum_pit_flatness
            then case
                when figures.value_pit_excess > rules.maximum_pit_flatness then 'of orders hold, of value do not'
                else 'hold'
            end
        when figures.value_pit_excess <= rules.maximum_pit_flatness then 'of value hold, of orders do not'
        else 'do not hold'
    end
    || '; ' || cast(cast(figures.origins as integer) as {{ dbt.type_string() }}) || ' origins' as grade_reason,
    figures.capture,
    figures.capture_gain,
    figures.capture_gain_lower,
    figures.best_baseline,
    figures.bias,
    figures.value_bias,
    figures.pit_excess,
    figures.value_pit_excess,
    figures.channel_bias,
    figures.value_ratio_lower,
    figures.value_ratio_upper,
    figures.value_band_reason,
    cast(figures.origins as integer) as origins
from figures
inner join graded
    on figures.model_name = graded.model_name
inner join rules
    on graded.grade_rank = rules.grade_rank
