-- What each customer has brought and cost so far, with refunds on the order's date.
with

months as (

    select * from {{ ref('fct_customer_monthly_value') }}
    where customer_key <> 'guest'

),

summed as (

    select
        customer_key,
        sum(orders) as sale_orders,
        {{ sum_money('net_revenue_restated') }} as net_revenue,
        {{ sum_if_complete('gross_margin_restated') }} as gross_margin,
        {%- for family in service_cost_families() %}
        {{ sum_if_complete(family ~ '_cost') }} as {{ family }}_cost,
        {%- endfor %}
        {{ sum_if_complete('cost_to_serve') }} as cost_to_serve,
        {{ sum_if_complete('contribution_restated') }} as contribution,
        -- of several reasons one is enough to look for
        coalesce(
            max(cost_to_serve_reason), max(case when gross_margin_restated is null then 'unknown_cost_of_goods' end)
        ) as contribution_reason

    from months
    group by customer_key

)

select * from summed
