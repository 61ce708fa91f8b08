{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    {{ record_key('crm_change_assignments') }} as change_assignment_id,
    change_id,
    customer_id,
    unit_id,

    ---------- texts
    arm,

    ---------- dates
    assigned_on,
    exposed_on
from {{ ref('base_crm__crm_change_assignments') }}
where row_status = 'accepted'
