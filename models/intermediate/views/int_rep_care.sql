-- For how much of the time each sales rep has looked after each customer: one row per customer and rep, shares in
-- millionths that add up to a million. Customers whom nobody has ever looked after have no row.
with

as_of as (

    select as_of_date from {{ ref('base_crm__as_of') }}

),

-- both days count; who was assigned and taken off again on one day had the customer for a day
assigned as (

    select
        customer_keys.customer_key,
        assignments.sales_rep_id,
        sum(1 + {{ days_between(
            'assignments.assigned_on', 'least(coalesce(assignments.unassigned_on, as_of.as_of_date), as_of.as_of_date)'
        ) }}) as days_in_care

    from {{ ref('stg_crm__customer_rep_assignments') }} as assignments
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on assignments.customer_id = customer_keys.customer_id
    cross join as_of
    where
        assignments.assigned_on <= as_of.as_of_date
        and coalesce(assignments.unassigned_on, as_of.as_of_date) >= assignments.assigned_on
    group by
        customer_keys.customer_key,
        assignments.sales_rep_id

),

-- where nothing is known of the time, it is the rep of the customer's record
in_care as (

    select * from assigned

    union all

    select
        customers.customer_key,
        customers.sales_rep_id,
        1 as days_in_care
    from {{ ref('dim_customers') }} as customers
    left join assigned
        on customers.customer_key = assigned.customer_key
    where
        assigned.customer_key is null
        and customers.sales_rep_id is not null

),

placed as (

    select
        *,
        floor(1e6 * days_in_care / sum(days_in_care) over (partition by customer_key)) as share_rounded_down,
        row_number() over (partition by customer_key order by days_in_care desc, sales_rep_id asc) as place
    from in_care

)

select
    {{ row_key(['customer_key', 'sales_rep_id']) }} as rep_care_id,
    customer_key,
    sales_rep_id,
    cast(days_in_care as integer) as days_in_care,
    cast(
        case
            when place = 1
                then 1000000 - (sum(share_rounded_down) over (partition by customer_key) - share_rounded_down)
            else share_rounded_down
        end as {{ dbt.type_bigint() }}
    ) as share_millionths
from placed
