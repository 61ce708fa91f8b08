-- Every date that predictions are made from. A back-test or a history is a further row here, not a second model.
with

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

origins as (

    select
        'now' as origin_id,
        'now' as origin_kind,
        as_of_date as origin_date

    from as_of
    where as_of_date is not null

)

select * from origins
