-- Payback counts what each customer brought so far, day by day, and nothing else: the same as the ladder does by month.
select
    payback.customer_key,
    payback.value_to_date,
    ladder.contribution,
    ladder.gross_margin
from {{ ref('fct_customer_payback') }} as payback
full outer join {{ ref('int_customers__contribution') }} as ladder
    on payback.customer_key = ladder.customer_key
where
    ladder.sale_orders > 0
    and (
        payback.customer_key is null
        or coalesce(payback.value_to_date, 0) <> coalesce(
            case when payback.payback_basis = 'contribution' then ladder.contribution else ladder.gross_margin end, 0
        )
        or (payback.value_to_date is null) <> (
            case when payback.payback_basis = 'contribution' then ladder.contribution else ladder.gross_margin end is null
        )
    )
