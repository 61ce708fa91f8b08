-- Every contract belongs to one customer of fct_customer_contract_value, and the running ones bill what
-- fct_subscriptions_monthly says for the month of the as-of date.
with

valued as (

    select
        sum(contracts) as contracts,
        sum(case when contract_value_status <> 'no_price' then mrr else 0 end) as mrr
    from {{ ref('fct_customer_contract_value') }}

),

unpriced as (

    select customer_key
    from {{ ref('fct_customer_contract_value') }}
    where contract_value_status = 'no_price'

),

billed as (

    select
        count(distinct monthly.subscription_id) as contracts,
        sum(
            case
                when monthly.counted_on = as_of.as_of_date and unpriced.customer_key is null then monthly.mrr
                else 0
            end
        ) as mrr
    from {{ ref('fct_subscriptions_monthly') }} as monthly
    cross join {{ ref('base_crm__as_of') }} as as_of
    left join unpriced
        on monthly.customer_key = unpriced.customer_key

)

select
    valued.contracts,
    billed.contracts as contracts_billed,
    valued.mrr,
    billed.mrr as mrr_billed
from valued
cross join billed
where
    coalesce(valued.contracts, 0) <> coalesce(billed.contracts, 0)
    or coalesce(valued.mrr, 0) <> coalesce(billed.mrr, 0)
