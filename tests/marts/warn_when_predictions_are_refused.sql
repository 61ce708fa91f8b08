{{ config(severity='warn') }}

-- The data cannot carry a prediction, or no past is long enough to grade one: the other methods stand, but look here.
select
    fit_note,
    grade_reason
from {{ ref('int_prediction_choice') }}
where
    not is_fitted
    or prediction_grade is null
    or prediction_grade = 'C'
