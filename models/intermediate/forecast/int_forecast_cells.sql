-- What the forecast sees of customers: how many share a history, how many of them came within the last year, and what
-- an order of theirs is expected to be worth, summed. A row per origin and cell, never one per customer.
with

choice as (

    select * from {{ ref('int_prediction_choice') }}
    where is_fitted

),

predictions as (

    select
        predicted.origin_id,
        predicted.model_name,
        predicted.covariate_pattern,
        predicted.frequency,
        predicted.cell_recency_days,
        predicted.cell_age_days,
        predicted.age_days,
        predicted.discounted_orders_36m,
        predicted.discounted_orders_lifetime,
        cast(predicted.expected_order_net_revenue as decimal(28, 8)) as net_revenue,
        cast(predicted.expected_order_gross_margin as decimal(28, 8)) as gross_margin,
        -- what service costs is only known as of now
        cast(predicted.expected_order_gross_margin as decimal(28, 8))
        - case when predicted.origin_id = 'now' then cltv.expected_service_cost_per_order end as contribution

    from {{ ref('int_customers__predicted') }} as predicted
    inner join choice
        on predicted.model_name = choice.model_name
    left join {{ ref('fct_customer_cltv') }} as cltv
        on
            predicted.customer_key = cltv.customer_key
            and predicted.origin_id = 'now'
    where predicted.origin_id <> 'month_before'

),

cells as (

    select
        origin_id,
        covariate_pattern,
        frequency,
        cell_recency_days as recency_days,
        cell_age_days as age_days,
        max(model_name) as model_name,
        max(discounted_orders_36m) as discounted_orders_36m,
        max(discounted_orders_lifetime) as discounted_orders_lifetime,
        count(*) as customers,
        {{ count_if('age_days < 365') }} as new_customers,
        {%- for basis in forecast_bases()[1:] %}
        coalesce(sum(case when {{ basis }} is not null then net_revenue end), 0) as revenue_with_{{ basis }},
        coalesce(sum({{ basis }}), 0) as {{ basis }},
        {%- endfor %}
        sum(net_revenue) as net_revenue

    from predictions
    group by
        origin_id,
        covariate_pattern,
        frequency,
        cell_recency_days,
        cell_age_days

),

-- whose costs are not known is taken to keep as much of their revenue as the others do
ratios as (

    select
        {%- for basis in forecast_bases()[1:] %}
        {{ divide('sum(' ~ basis ~ ')', 'sum(revenue_with_' ~ basis ~ ')') }} as {{ basis }}_ratio,
        {%- endfor %}
        origin_id
    from cells
    group by origin_id

)

select
    {{ row_key([
        'cells.origin_id', 'cells.covariate_pattern', 'cells.frequency', 'cells.recency_days', 'cells.age_days'
    ]) }} as cell_id,
    cells.origin_id,
    cells.model_name,
    cells.covariate_pattern,
    purchase_cells.acquisition_channel,
    purchase_cells.customer_type,
    cells.frequency,
    cells.recency_days,
    cells.age_days,
    cells.customers,
    cells.new_customers,
    cells.discounted_orders_36m,
    cells.discounted_orders_lifetime,
    {%- for basis in forecast_bases()[1:] %}
    cast(cells.{{ basis }} as {{ double_type() }})
    + cast(cells.net_revenue - cells.revenue_with_{{ basis }} as {{ double_type() }}) * ratios.{{ basis }}_ratio
        as order_value_{{ basis }},
    {%- endfor %}
    cast(cells.net_revenue as {{ double_type() }}) as order_value_net_revenue
from cells
inner join ratios
    on cells.origin_id = ratios.origin_id
inner join {{ ref('int_purchase_cells') }} as purchase_cells
    on
        cells.origin_id = purchase_cells.origin_id
        and cells.covariate_pattern = purchase_cells.covariate_pattern
        and cells.frequency = purchase_cells.frequency
        and cells.recency_days = purchase_cells.recency_days
        and cells.age_days = purchase_cells.age_days
