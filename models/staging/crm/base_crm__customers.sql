-- Every raw row, typed once, with what became of it.
with

rows_read as (

    {{ typed_crm_rows('customers') }}

),

flagged as (

    select
        rows_read.*,
        {{ business_date('rows_read.created_at') }} as created_on,
        as_of.as_of_date,
        case
            {{ contract_reasons('customers') }}
            when customer_id = 'guest' then 'reserved_key'
        end as row_reason

    from rows_read
    cross join {{ ref('base_crm__as_of') }} as as_of

),

versions as (

    {{ ranked_versions('flagged', 'customers') }}

),

checked as (

    select
        *,
        {{ row_status('created_on', ["when version_rank > 1 then 'superseded_duplicate'"]) }}

    from versions

)

select {{ base_columns('customers', ['created_on']) }}
from checked
