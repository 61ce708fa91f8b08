-- What is shown of a rejected or repaired row carries no e-mail address: personal data is masked.
select
    rejected.table_name,
    rejected.record_key,
    rejected.row_payload
from {{ ref('dq_rejected_rows') }} as rejected
where rejected.row_payload like '%@%'
union all
select
    repaired.table_name,
    repaired.record_key,
    repaired.value_before as row_payload
from {{ ref('dq_repaired_rows') }} as repaired
where
    repaired.value_before like '%@%'
    or (
        repaired.table_name = 'customers'
        and repaired.column_name in ('email', 'phone')
        and repaired.value_before <> '***'
    )
