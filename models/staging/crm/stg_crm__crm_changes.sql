{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    change_id,

    ---------- texts
    change_name,
    assignment_mechanism,
    description,
    assignment_unit,
    objective_metric,
    currency,

    ---------- numbers
    outcome_window_days,
    minimum_effect,
    cost_amount,
    rate_to_reporting,

    ---------- dates
    launched_on,
    ended_on,
    decision_on,

    ---------- timestamps
    registered_at
from {{ ref('base_crm__crm_changes') }}
where row_status = 'accepted'
