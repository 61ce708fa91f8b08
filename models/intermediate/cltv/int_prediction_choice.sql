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

candidates as (

    select
        fitted.model_name,
        fitted.is_fitted,
        fitted.fit_note,
        grades.channel_bias,
        grades.prediction_grade,
        grades.grade_reason,
        grades.value_ratio_lower,
        grades.value_ratio_upper,
        grades.value_band_reason
    from fitted
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
    coalesce(candidates.grade_reason, 'no back-test: too little history') as grade_reason,
    candidates.value_ratio_lower,
    candidates.value_ratio_upper,
    candidates.value_band_reason,
    decided.channel_bias_pooled,
    decided.channel_bias_by_group
from candidates
inner join decided
    on candidates.model_name = case when decided.is_by_group then 'ensemble_by_group' else 'ensemble' end
