-- Every raw row, typed once, with what became of it.
{{ base_rows('customers',
    placed_by='created_at',
    checks=["when customer_id = 'guest' then 'reserved_key'"],
    joins=["left join (select distinct customer_id as erased_customer_id from " ~ ref('base_crm__erasure_requests') ~ " where row_status = 'accepted') as erasures on versions.customer_id = erasures.erased_customer_id"],
    computed=['erasures.erased_customer_id'],
    erased='erased_customer_id is not null'
) }}
