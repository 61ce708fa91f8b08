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

-- parameters by group only where the past says that they set the channels right, or by decree
compared as (

    select
        max(case when model_name = 'ensemble' then channel_bias end) as channel_bias_pooled,
        max(case when model_name = 'ensemble_by_group' then channel_bias end) as channel_bias_by_group,
        {% if prediction_by_group() == 'never' -%}
            false as is_by_group
        {%- elif prediction_by_group() == 'always' -%}
            {{ any_true("model_name = 'ensemble_by_group' and is_fitted") }} as is_by_group
        {%- else -%}
            {{ any_true("model_name = 'ensemble_by_group' and is_fitted") }}
            and coalesce(
                max(case when model_name = 'ensemble_by_group' then channel_bias end)
                < max(case when model_name = 'ensemble' then channel_bias end), false
            ) as is_by_group
        {%- endif %}
    from candidates

)

select
    candidates.model_name,
    '{{ purchase_model() }}' || case when compared.is_by_group then '_by_group' else '' end as purchase_model,
    candidates.is_fitted,
    candidates.fit_note,
    candidates.prediction_grade,
    coalesce(candidates.grade_reason, 'no back-test: too little history') as grade_reason,
    candidates.value_ratio_lower,
    candidates.value_ratio_upper,
    candidates.value_band_reason,
    compared.channel_bias_pooled,
    compared.channel_bias_by_group
from candidates
inner join compared
    on candidates.model_name = case when compared.is_by_group then 'ensemble_by_group' else 'ensemble' end
