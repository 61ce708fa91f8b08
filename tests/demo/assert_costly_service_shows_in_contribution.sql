-- Planted: tickets of customers won by paid search take three times as long. So paid search sells more than e-mail and
-- leaves less, and a ticket of each channel takes as long, beside the channels without a factor, as was planted.
{{ config(enabled=demo_is_as_planted(figures=true)) }}
with

channels as (

    select
        acquisition_channel,
        sum(realised_net_revenue) as net_revenue,
        sum(realised_contribution) as contribution
    from {{ ref('fct_customer_profitability') }}
    group by acquisition_channel

),

minutes as (

    select
        customers.acquisition_channel,
        avg(tickets.handling_minutes) as minutes,
        stddev(tickets.handling_minutes) / sqrt(count(*)) as minutes_error,
        max(truth.value) as handling_factor
    from {{ ref('fct_support_tickets') }} as tickets
    inner join {{ ref('dim_customers') }} as customers
        on tickets.customer_key = customers.customer_key
    inner join {{ ref('demo_truth_economics') }} as truth
        on
            customers.acquisition_channel = truth.channel
            and truth.measure = 'handling_factor'
    group by customers.acquisition_channel

),

usual as (

    select avg(minutes) as minutes
    from minutes
    where handling_factor = 1

)

select
    'ranks' as finding,
    paid_search.acquisition_channel,
    paid_search.contribution as found
from channels as paid_search
inner join channels as email
    on
        paid_search.acquisition_channel = 'paid_search'
        and email.acquisition_channel = 'email'
where
    paid_search.net_revenue <= email.net_revenue
    or paid_search.contribution >= email.contribution

union all

select
    'handling_factor' as finding,
    minutes.acquisition_channel,
    minutes.minutes / usual.minutes as found
from minutes
cross join usual
where abs(minutes.minutes / usual.minutes - minutes.handling_factor) > 4 * minutes.minutes_error / usual.minutes
