-- With orders there is an as-of date. If this fails no order says when it landed (synced_at, updated_at): set
-- as_of_date.
select
    clock.as_of_date,
    clock.first_order_on
from {{ ref('base_crm__as_of') }} as clock
where
    clock.as_of_date is null
    and clock.first_order_on is not null
