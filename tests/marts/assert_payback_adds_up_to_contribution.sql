-- Payback counts what each customer brought so far, day by day, and nothing else: the same as the ladder does by month.
with

ladder as (

    select
        customers.customer_key,
        payback.customer_key is not null as is_won,
        payback.value_to_date,
        case when payback.payback_basis = 'contribution' then customers.contribution else customers.gross_margin end
            as ladder_value

    from {{ ref('int_customers__contribution') }} as customers
    left join {{ ref('fct_customer_payback') }} as payback
        on customers.customer_key = payback.customer_key
    where customers.sale_orders > 0

)

select * from ladder
where
    not is_won
    or coalesce(value_to_date, 0) <> coalesce(ladder_value, 0)
    or (value_to_date is null) <> (ladder_value is null)
