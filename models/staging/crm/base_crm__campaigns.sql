-- Every raw row, typed once, with what became of it.
with

rows_read as (

    {{ typed_crm_rows('campaigns') }}

),

flagged as (

    select
        rows_read.*,
        as_of.as_of_date,
        case
            {{ contract_reasons('campaigns') }}
        end as row_reason

    from rows_read
    cross join {{ ref('base_crm__as_of') }} as as_of

),

versions as (

    {{ ranked_versions('flagged', 'campaigns') }}

),

checked as (

    select
        *,
        {{ row_status(branches=['when version_rank > 1 then \'superseded_duplicate\'']) }}

    from versions

)

select {{ base_columns('campaigns') }}
from checked
