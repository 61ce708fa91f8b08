-- The prediction that is shown, one row: which ensemble, whether it could be fitted, and its grade.
with

fitted as (

    select
        model_name,
        max(estimate) = 1 as is_fitted,
        max(note) as fit_note
    from {{ ref('int_purchase_model_fits') }}
    where
        origin_id = 'now'
        and name = 'fit_status'
        and model_name in ('ensemble', 'ensemble_by_group')
    group by model_name

),

past_dates as (

    select {{ count_if("origin_kind = 'backtest'") }} as dates
    from {{ ref('int_prediction_origins') }}

),

summaries as (

    select
        model_name,
        capture,
        capture_gain,
        max(capture) over () as highest_capture
    from {{ ref('int_backtest_summary') }}

),

-- what is said where no grade says it
ungraded as (

    select
        fitted.model_name,
        case
            {% if count_variable('backtest_origins') == 0 -%}
            when past_dates.dates = 0 then 'no back-test: the variable backtest_origins is 0'
            {%- else -%}
            when past_dates.dates = 0 then 'no back-test: too little history'
            {%- endif %}
            when summaries.model_name is null then 'no back-test: no model could be fitted at any past date'
            when summaries.highest_capture is null then 'no grade: nobody brought any value after the past dates'
            when summaries.capture is null then 'no grade: no value could be foreseen at the past dates'
            when summaries.capture_gain is null
                then 'no grade: no simple rule found any of the best customers, to compare with'
            else 'a figure of the back-test is missing'
        end as reason
    from fitted
    cross join past_dates
    left join summaries
        on fitted.model_name = summaries.model_name

),

candidates as (

    select
        fitted.model_name,
        fitted.is_fitted,
        fitted.fit_note,
        grades.channel_bias,
        grades.prediction_grade,
        coalesce(grades.grade_reason, ungraded.reason) as grade_reason,
        grades.value_ratio_lower,
        grades.value_ratio_upper,
        grades.value_band_reason
    from fitted
    inner join ungraded
        on fitted.model_name = ungraded.model_name
    left join {{ ref('int_prediction_grades') }} as grades
        on fitted.model_name = grades.model_name

),

compared as (

    select
        max(case when model_name = 'ensemble' then channel_bias end) as channel_bias_pooled,
        max(case when model_name = 'ensemble_by_group' then channel_bias end) as channel_bias_by_group,
        {{ any_true("model_name = 'ensemble_by_group' and is_fitted") }} as may_be_by_group
    from candidates

),

-- parameters by group only where the past says that they set the channels right, or by decree
decided as (

    select
        *,
        may_be_by_group and case '{{ prediction_by_group() }}'
            when 'always' then true
            when 'never' then false
            else coalesce(channel_bias_by_group < channel_bias_pooled, false)
        end as is_by_group
    from compared

)

select
    candidates.model_name,
    '{{ purchase_model() }}' || case when decided.is_by_group then '_by_group' else '' end as purchase_model,
    candidates.is_fitted,
    candidates.fit_note,
    candidates.prediction_grade,
    candidates.grade_reason,
    candidates.value_ratio_lower,
    candidates.value_ratio_upper,
    candidates.value_band_reason,
    decided.channel_bias_pooled,
    decided.channel_bias_by_group
from candidates
inner join decided
    on candidates.model_name = case when decided.is_by_group then 'ensemble_by_group' else 'ensemble' end
