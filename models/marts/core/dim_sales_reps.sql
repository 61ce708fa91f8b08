-- The people who sell. Names of employees are shown: they are the ones the sales marts are for.
with

sales_reps as (

    select * from {{ ref('stg_crm__sales_reps') }}

),

as_of as (

    select as_of_date from {{ ref('base_crm__as_of') }}

)

select
    ---------- ids
    sales_reps.sales_rep_id,

    ---------- texts
    coalesce(sales_reps.rep_name, sales_reps.sales_rep_id) as rep_name,
    coalesce(sales_reps.team, 'unknown') as team,
    coalesce(sales_reps.region, 'unknown') as region,

    ---------- booleans
    sales_reps.left_on is null or sales_reps.left_on > as_of.as_of_date as is_active,

    ---------- dates
    sales_reps.hired_on,
    sales_reps.left_on
from sales_reps
cross join as_of
