{{ config(materialized='view') }}

-- The rows that everything later is built on. A view: the casts were done once, in the base table.
select
    ---------- ids
    {{ record_key('crm_change_arms') }} as change_arm_id,
    change_id,

    ---------- texts
    arm,

    ---------- numbers
    planned_share,

    ---------- booleans
    is_control
from {{ ref('base_crm__crm_change_arms') }}
where row_status = 'accepted'
