-- What the customers that there are and those to come are worth today, less what winning them and running the business
-- cost: 36 months, discounted, a row per component.
with

cells as (

    select * from {{ ref('int_forecast_cells') }}
    where origin_id = 'now'

),

forecast as (

    select * from {{ ref('int_order_forecast') }}
    where origin_id = 'now'

),

-- contribution where there are rates for service, the margin before it where there are none
basis as (

    select case when count(order_value_contribution) > 0 then 'contribution' else 'gross_margin' end as value_basis
    from cells

),

existing as (

    select
        {%- for part in ['36m', 'lifetime'] %}
        -- in decimal: a sum of doubles depends on the order of its rows
        cast(sum(cast(
            cells.discounted_orders_{{ part }} * case
                when basis.value_basis = 'contribution' then cells.order_value_contribution
                else cells.order_value_gross_margin
            end as decimal(28, 8)
        )) as {{ double_type() }}) as value_{{ part }},
        {%- endfor %}
        cast(sum(cells.customers) as {{ double_type() }}) as customers
    from cells
    cross join basis

),

future as (

    select
        sum(case when forecast.measure = 'first_orders' then forecast.expected end) as customers,
        sum(case when forecast.measure = 'first_orders' then forecast.present_value end) as discounted_customers,
        sum(
            case
                when forecast.measure = basis.value_basis and forecast.month_index <= 36 then forecast.present_value
            end
        ) as value_36m,
        sum(
            case
                when forecast.measure = basis.value_basis and forecast.month_index > 36 then forecast.present_value
            end
        ) as value_beyond
    from forecast
    cross join basis
    where forecast.forecast_source = 'new_customers'

),

-- what service cost was not known at past origins: the band of the margin before it stands in
bands as (

    select
        forecast_source,
        max(ratio_lower) as ratio_lower,
        max(ratio_upper) as ratio_upper
    from forecast
    where measure = 'gross_margin'
    group by forecast_source

),

-- what a cost of 1 a month, paid in its middle, is worth today
months as (

    select sum({{ discount_factor('(n + 0.5e0) * ' ~ days_per_month()) }}) as discounted_months
    from {{ numbers(35) }} as steps

),

costs as (

    select
        -running.cost_per_new_customer * future.discounted_customers as acquisition_cost,
        -running.service_cost_per_month * months.discounted_months as service_overheads,
        -running.general_cost_per_month * months.discounted_months as fixed_cost
    from {{ ref('int_running_costs') }} as running
    cross join future
    cross join months

),

contracts as (

    select
        {{ count_if('active_contracts > 0') }} as customers,
        cast(sum(contractual_revenue_discounted_36m) as {{ double_type() }}) as value_36m
    from {{ ref('fct_customer_contract_value') }}

),

components as (

    select
        1 as sort_order,
        'existing_customers' as component,
        existing.customers,
        existing.value_36m,
        existing.value_lifetime - existing.value_36m as value_beyond_36m,
        case when existing.value_36m is null then 'no_prediction_or_no_margin' end as reason
    from existing

    union all

    select
        2 as sort_order,
        'future_customers' as component,
        future.customers,
        future.value_36m,
        future.value_beyond as value_beyond_36m,
        case when future.value_36m is null then 'no_prediction_or_no_margin' end as reason
    from future

    {% for component, reason in {
        'acquisition_cost': 'no_spend_or_no_prediction', 'service_overheads': 'no_overheads', 'fixed_cost': 'no_overheads'
    }.items() -%}
    union all

    select
        {{ loop.index + 2 }} as sort_order,
        '{{ component }}' as component,
        null as customers,
        {{ component }} as value_36m,
        0 as value_beyond_36m,
        case when {{ component }} is null then '{{ reason }}' end as reason
    from costs

    {% endfor -%}
    union all

    select
        7 as sort_order,
        'running_contracts' as component,
        customers,
        value_36m,
        null as value_beyond_36m,
        case when value_36m is null then 'no_contracts' else 'revenue_beside_the_total' end as reason
    from contracts

),

-- a cost that is not known is left out and named: the total then is one before it
with_total as (

    select * from components

    union all

    select
        6 as sort_order,
        'customer_equity' as component,
        sum(customers) as customers,
        case when count(case when sort_order <= 2 then value_36m end) = 2 then sum(value_36m) end as value_36m,
        case when count(case when sort_order <= 2 then value_beyond_36m end) = 2 then sum(value_beyond_36m) end
            as value_beyond_36m,
        case
            when count(case when sort_order <= 2 then value_36m end) < 2 then 'no_prediction_or_no_margin'
            when count(value_36m) < 5 then 'before_costs_that_are_not_known'
        end as reason
    from components
    where sort_order <= 5

),

-- the total's band is that of the value of all customers; costs are taken as they are
banded as (

    select
        with_total.*,
        bands.ratio_lower,
        bands.ratio_upper,
        case
            when with_total.component = 'customer_equity' then existing.value_36m + future.value_36m
            when bands.forecast_source is not null then with_total.value_36m
        end as customer_value

    from with_total
    cross join existing
    cross join future
    left join bands
        on bands.forecast_source = case with_total.component
            when 'customer_equity' then 'all_customers'
            when 'future_customers' then 'new_customers'
            else with_total.component
        end

)

select
    ---------- ids
    banded.component,

    ---------- texts
    basis.value_basis,
    banded.reason as component_reason,

    ---------- present value, reporting currency
    cast(banded.value_36m as {{ money_sum_type() }}) as value_36m,
    cast(banded.value_36m + banded.customer_value * (banded.ratio_lower - 1) as {{ money_sum_type() }})
        as value_36m_lower,
    cast(banded.value_36m + banded.customer_value * (banded.ratio_upper - 1) as {{ money_sum_type() }})
        as value_36m_upper,
    cast(banded.value_beyond_36m as {{ money_sum_type() }}) as value_beyond_36m,
    case
        when banded.value_beyond_36m > 0
            then {{ divide('banded.value_beyond_36m', 'banded.value_36m + banded.value_beyond_36m') }}
    end as share_beyond_36m,

    ---------- numbers
    banded.customers,
    cast(banded.sort_order as integer) as sort_order,
    36 as horizon_months,
    cast({{ annual_discount_rate() }} as {{ double_type() }}) as annual_discount_rate,

    ---------- booleans
    banded.sort_order <= 5 as is_in_total,

    ---------- dates
    as_of.as_of_date
from banded
cross join basis
cross join {{ ref('base_crm__as_of') }} as as_of
