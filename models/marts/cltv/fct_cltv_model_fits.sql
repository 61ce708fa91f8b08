-- Every figure of every fit as a row: parameters with their errors, diagnostics, and whether the fit may be used.
with

fits as (

    select * from {{ ref('int_purchase_model_fits') }}
    union all
    select * from {{ ref('int_spend_model_fits') }}

),

origins as (

    select * from {{ ref('int_prediction_origins') }}

),

grains as (

    select * from {{ ref('int_purchase_cell_grains') }}

)

select
    {{ row_key(['fits.origin_id', 'fits.model_name', 'fits.value_basis', 'fits.name']) }} as model_fit_id,
    fits.origin_id,
    fits.model_name,
    fits.value_basis,
    fits.kind as figure_kind,
    fits.name as figure_name,
    fits.estimate,
    fits.standard_error,
    fits.lower_95,
    fits.upper_95,
    fits.note,
    '{{ chosen_variable('fit_method', ['map', 'mle']) }}' as fit_method,
    case when fits.value_basis = 'purchases' then grains.purchase_grain else grains.spend_grain end as data_grain,
    origins.origin_date
from fits
inner join origins
    on fits.origin_id = origins.origin_id
left join grains
    on fits.origin_id = grains.origin_id
