{{ config(materialized='view') }}

-- How each customer stands to the business on the as-of date: who looks after them, whether they pay for a contract,
-- and what they last said. Only customers of whom at least one of these is known.
-- A view: one dimension reads it.
with

as_of as (

    select as_of_date from {{ ref('base_crm__as_of') }}

),

-- assignments say more than the CRM's field: when they are all over, nobody looks after the customer
assignments as (

    select
        customer_keys.customer_key,
        assignments.sales_rep_id,
        row_number() over (
            partition by customer_keys.customer_key
            order by
                case when assignments.unassigned_on < as_of.as_of_date then 0 else 1 end desc,
                assignments.assigned_on desc,
                assignments.sales_rep_id desc
        ) as assignment_rank,
        coalesce(assignments.unassigned_on >= as_of.as_of_date, true) as is_current

    from {{ ref('stg_crm__customer_rep_assignments') }} as assignments
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on assignments.customer_id = customer_keys.customer_id
    cross join as_of

),

answers as (

    select
        customer_keys.customer_key,
        answers.score,
        row_number() over (
            partition by customer_keys.customer_key
            order by answers.responded_at desc, answers.response_id desc
        ) as answer_rank

    from {{ ref('stg_crm__survey_responses') }} as answers
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on answers.customer_id = customer_keys.customer_id
    where lower(answers.survey_type) = 'nps'

),

facts as (

    select
        customer_key,
        1 as has_assignments,
        case when is_current then sales_rep_id end as assigned_sales_rep_id,
        cast(null as {{ double_type() }}) as nps_score,
        0 as is_subscriber
    from assignments
    where assignment_rank = 1

    union all

    select
        customer_key,
        0 as has_assignments,
        cast(null as {{ dbt.type_string() }}) as assigned_sales_rep_id,
        score as nps_score,
        0 as is_subscriber
    from answers
    where answer_rank = 1

    union all

    select
        customer_key,
        0 as has_assignments,
        cast(null as {{ dbt.type_string() }}) as assigned_sales_rep_id,
        cast(null as {{ double_type() }}) as nps_score,
        1 as is_subscriber
    from {{ ref('int_subscriptions__known') }}
    where subscription_status = 'active'

),

relations as (

    select
        customer_key,
        max(has_assignments) = 1 as has_assignments,
        max(assigned_sales_rep_id) as assigned_sales_rep_id,
        max(nps_score) as nps_score,
        max(is_subscriber) = 1 as is_subscriber

    from facts
    group by customer_key

)

select * from relations
