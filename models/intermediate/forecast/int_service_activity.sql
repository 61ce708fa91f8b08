-- What serving customers took in each month: what it cost, and hours of support. Told apart as purchases are, by
-- whether a customer was there one and two years before the as-of date.
-- A table: it is small, and its reader and its test would else both run through all customers' months.
with

first_purchases as (

    select
        covariates.customer_key,
        {{ there_since('covariates.first_purchased_on', 'as_of.as_of_date') }} as there_since
    from {{ ref('int_customers__covariates') }} as covariates
    cross join {{ ref('base_crm__as_of') }} as as_of

),

-- who has not bought yet may have a question, too
served as (

    select
        months.activity_month,
        coalesce(first_purchases.there_since, 'since') as there_since,
        {{ sum_if_complete('months.cost_to_serve') }} as amount

    from {{ ref('fct_customer_monthly_value') }} as months
    left join first_purchases
        on months.customer_key = first_purchases.customer_key
    where months.customer_key <> 'guest'
    group by
        months.activity_month,
        coalesce(first_purchases.there_since, 'since')

),

-- a ticket whose minutes nobody wrote down is left out
helped as (

    select
        {{ month_start('tickets.opened_on') }} as activity_month,
        coalesce(first_purchases.there_since, 'since') as there_since,
        -- in decimal: a sum of doubles depends on the order of its rows
        sum(cast({{ divide('tickets.handling_minutes', 60) }} as decimal(28, 6))) as amount

    from {{ ref('fct_support_tickets') }} as tickets
    left join first_purchases
        on tickets.customer_key = first_purchases.customer_key
    group by
        {{ month_start('tickets.opened_on') }},
        coalesce(first_purchases.there_since, 'since')

),

together as (

    {% for source, measure in {'served': 'cost_to_serve', 'helped': 'ticket_hours'}.items() -%}
    select
        activity_month,
        there_since,
        '{{ measure }}' as measure,
        cast(amount as {{ double_type() }}) as amount
    from {{ source }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    {{ row_key(['activity_month', 'there_since', 'measure']) }} as service_activity_id,
    activity_month,
    there_since,
    measure,
    amount
from together
