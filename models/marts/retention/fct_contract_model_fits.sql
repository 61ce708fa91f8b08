-- Every figure of every fit of a contract model as a row: parameters with their errors, diagnostics, and whether it may
-- be used.
with

fits as (

    select * from {{ ref('int_contract_model_fits') }}

)

select
    {{ row_key(['plan', 'model_name', 'name']) }} as contract_model_fit_id,
    plan,
    model_name,
    kind as figure_kind,
    name as figure_name,
    estimate,
    standard_error,
    lower_95,
    upper_95,
    note,
    '{{ chosen_variable('fit_method', ['map', 'mle']) }}' as fit_method
from fits
