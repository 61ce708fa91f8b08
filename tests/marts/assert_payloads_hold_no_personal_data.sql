-- What is shown of a rejected row carries no e-mail address and no name: personal data is masked.
select
    rejected.table_name,
    rejected.record_key,
    rejected.row_payload
from {{ ref('dq_rejected_rows') }} as rejected
where rejected.row_payload like '%@%'
