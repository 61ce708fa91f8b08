-- Acquisition cost of the channels is all that was spent on winning customers in these months, and that of the customer
-- types is the same, to the cent. Recurring revenue by plan adds up to all plans, in amounts and in customers, and a
-- month starts with what the one before ended with.
with

running as (

    select * from {{ ref('int_running_costs') }}

),

spent as (

    select coalesce(sum(booked.amount), 0) as amount
    from {{ ref('int_marketing_costs') }} as booked
    inner join running
        on booked.cost_month between running.first_month and running.last_month
    where booked.objective = 'acquire'

),

allocated as (

    select
        dimension,
        coalesce(sum(acquisition_cost), 0) as amount
    from {{ ref('mart_budget_allocation') }}
    group by dimension

),

plans as (

    select
        activity_month,
        case when plan = 'all_plans' then 'all_plans' else 'plans' end as plan,
        sum(start_mrr) as start_mrr,
        sum(end_mrr) as end_mrr,
        sum(switched_in_mrr - switched_out_mrr) as switched_mrr,
        sum(customers_at_end) as customers,
        sum(base_mrr_12m) as base_mrr,
        sum(kept_mrr_12m) as kept_mrr,
        sum(retained_mrr_12m) as retained_mrr

    from {{ ref('mart_recurring_revenue') }}
    group by
        activity_month,
        case when plan = 'all_plans' then 'all_plans' else 'plans' end

),

compared as (

    select
        plans.*,
        lag(plans.end_mrr, 1, 0) over (partition by plans.plan order by plans.activity_month) as end_mrr_before,
        min(plans.end_mrr) over (partition by plans.activity_month) as smaller_end_mrr,
        min(plans.customers) over (partition by plans.activity_month) as smaller_customers,
        min(plans.base_mrr) over (partition by plans.activity_month) as smaller_base_mrr,
        min(plans.kept_mrr) over (partition by plans.activity_month) as smaller_kept_mrr,
        min(plans.retained_mrr) over (partition by plans.activity_month) as smaller_retained_mrr
    from plans

)

select
    'acquisition cost of ' || allocated.dimension as what,
    allocated.amount as one,
    spent.amount as other
from allocated
cross join spent
where allocated.amount <> spent.amount

union all

select
    'recurring revenue of ' || plan || ' in ' || {{ as_text('activity_month') }} as what,
    end_mrr as one,
    smaller_end_mrr as other
from compared
where
    start_mrr <> end_mrr_before
    or switched_mrr <> 0
    or end_mrr <> smaller_end_mrr
    or customers <> smaller_customers
    or base_mrr <> smaller_base_mrr
    or kept_mrr <> smaller_kept_mrr
    or retained_mrr <> smaller_retained_mrr
