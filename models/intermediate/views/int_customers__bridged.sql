{{ config(materialized='view') }}

-- Where each customer stands between the methods: one row per customer. In cents, so that steps add up in any order.
-- A view: one fact reads it.
with

customers as (

    select * from {{ ref('fct_customer_cltv') }}

),

-- what a purchase is worth on average: customers count as often as they have bought
averages as (

    select
        {%- for basis in value_bases() %}
        {{ divide(
            'sum(expected_order_' ~ basis ~ ' * (frequency + 1))',
            'sum(case when expected_order_' ~ basis ~ ' is not null then frequency + 1 end)'
        ) }} as average_order_{{ basis }},
        {%- endfor %}
        count(*) as customers
    from customers

)

select
    customers.customer_key,
    {%- for basis in value_bases() %}
    {%- for label in value_horizons() %}
    {%- set cohort_value = 'customers.cohort_' ~ basis ~ '_next_' ~ label %}
    {%- set orders = 'customers.expected_orders_' ~ label %}
    {%- for method in bridged_methods() %}
    customers.{{ method }}_{{ basis }}_next_{{ label }},
    {%- endfor %}
    -- the cohort's value without the cohort's own level
    {{ predicted_money(cohort_value ~ ' / coalesce(nullif(cohorts.' ~ basis ~ '_scale, 0), 1)') }}
        as pooled_{{ basis }}_{{ label }},
    {{ predicted_money(
        'coalesce(' ~ divide(orders, 'customers.probability_alive') ~ ', ' ~ orders ~ ') * averages.average_order_' ~ basis
    ) }} as if_alive_{{ basis }}_{{ label }},
    {{ predicted_money(orders ~ ' * averages.average_order_' ~ basis) }} as expected_{{ basis }}_{{ label }},
    {%- endfor %}
    {%- endfor %}
    members.shown_member_id as segment
from customers
cross join averages
inner join {{ ref('int_view_members') }} as members
    on
        members.view_name = 'segment'
        and customers.value_tier = members.member_id
left join {{ ref('int_cohort_values') }} as cohorts
    on
        {{ month_start('customers.first_purchased_on') }} = cohorts.cohort_month
        and {{ age_months('customers.age_days') }} = cohorts.age_month
