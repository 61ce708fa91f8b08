-- What the customers are worth whom a customer has brought, beside what that customer is worth. Only who was brought
-- directly counts, so that nobody counts for two; the value of those who were brought is their own and is never added.
with

customers as (

    select
        unified.customer_key,
        unified.created_on,
        referrer_keys.customer_key as referrer_key
    from {{ ref('int_customers__unified') }} as unified
    left join {{ ref('int_customers__keys') }} as referrer_keys
        on unified.referred_by_customer_id = referrer_keys.customer_id

),

-- who came first cannot have been brought by somebody who came later: no circle of referrals passes this
referrals as (

    select
        referred.customer_key,
        referred.referrer_key,
        referred.customer_key <> referrers.customer_key
        and (
            coalesce(referrers.created_on, cast('9999-12-31' as date))
            < coalesce(referred.created_on, cast('9999-12-31' as date))
            or (
                coalesce(referrers.created_on, cast('9999-12-31' as date))
                = coalesce(referred.created_on, cast('9999-12-31' as date))
                and referrers.customer_key < referred.customer_key
            )
        ) as is_possible

    from customers as referred
    inner join customers as referrers
        on referred.referrer_key = referrers.customer_key

),

brought as (

    select
        {{ count_if('referrals.is_possible') }} as customers_referred,
        {{ count_if('referrals.is_possible and cltv.first_purchased_on is not null') }} as buyers_referred,
        {{ count_if('not referrals.is_possible') }} as impossible_referrals,
        {%- for value in [
            'realised_net_revenue', 'realised_contribution', 'probabilistic_net_revenue_next_12m',
            'probabilistic_contribution_next_12m'
        ] %}
        {{ sum_money('case when referrals.is_possible then cltv.' ~ value ~ ' end') }}
            as referred_{{ value }},
        {%- endfor %}
        referrals.referrer_key

    from referrals
    inner join {{ ref('fct_customer_cltv') }} as cltv
        on referrals.customer_key = cltv.customer_key
    group by referrals.referrer_key

)

select
    ---------- ids
    brought.referrer_key as customer_key,

    ---------- customers
    brought.customers_referred,
    brought.buyers_referred,
    brought.impossible_referrals,

    ---------- what those who were brought are worth, reporting currency, without tax
    coalesce(brought.referred_realised_net_revenue, 0) as referred_realised_net_revenue,
    brought.referred_realised_contribution,
    brought.referred_probabilistic_net_revenue_next_12m,
    brought.referred_probabilistic_contribution_next_12m,

    ---------- beside it, the customer's own
    own.realised_net_revenue,
    own.realised_contribution,
    own.probabilistic_net_revenue_next_12m,
    own.probabilistic_contribution_next_12m
from brought
inner join {{ ref('fct_customer_cltv') }} as own
    on brought.referrer_key = own.customer_key
