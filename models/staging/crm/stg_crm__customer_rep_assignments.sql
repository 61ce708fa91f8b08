{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    {{ record_key('customer_rep_assignments') }} as rep_assignment_id,
    customer_id,
    sales_rep_id,

    ---------- dates
    assigned_on,
    unassigned_on,

    ---------- timestamps
    synced_at
from {{ ref('base_crm__customer_rep_assignments') }}
where row_status = 'accepted'
