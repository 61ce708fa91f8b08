-- What the customers that there are and those to come are worth today, less what winning them and running the business
-- cost: 36 months, discounted, a row per component.
with

sources as (

    select * from {{ ref('int_equity_sources') }}

),

-- what a cost of 1 a month, paid in its middle, is worth today
months as (

    select sum({{ discount_factor('(n + 0.5e0) * ' ~ days_per_month()) }}) as discounted_months
    from {{ numbers(35) }} as steps

),

costs as (

    select
        -running.cost_per_new_customer * newcomers.discounted_customers as acquisition_cost,
        -running.service_cost_per_month * months.discounted_months as service_overheads,
        -running.general_cost_per_month * months.discounted_months as fixed_cost
    from {{ ref('int_running_costs') }} as running
    cross join months
    inner join sources as newcomers
        on newcomers.forecast_source = 'new_customers'

),

components as (

    {% for component, source in {
        'existing_customers': 'existing_customers', 'future_customers': 'new_customers'
    }.items() -%}
    select
        {{ loop.index }} as sort_order,
        '{{ component }}' as component,
        forecast_source,
        customers,
        value_36m,
        value_beyond_36m,
        case when value_36m is null then 'no_prediction_or_no_margin' end as reason
    from sources
    where forecast_source = '{{ source }}'

    union all

    {% endfor -%}
    {% for component, reason in {
        'acquisition_cost': 'no_spend_or_no_prediction', 'service_overheads': 'no_overheads', 'fixed_cost': 'no_overheads'
    }.items() -%}
    select
        {{ loop.index + 2 }} as sort_order,
        '{{ component }}' as component,
        null as forecast_source,
        null as customers,
        {{ component }} as value_36m,
        0 as value_beyond_36m,
        case when {{ component }} is null then '{{ reason }}' end as reason
    from costs

    union all

    {% endfor -%}
    -- a cost that is not known is left out and named: the total then is one before it
    select
        6 as sort_order,
        'customer_equity' as component,
        sources.forecast_source,
        sources.customers,
        sources.value_36m + coalesce(costs.acquisition_cost, 0) + coalesce(costs.service_overheads, 0)
        + coalesce(costs.fixed_cost, 0) as value_36m,
        sources.value_beyond_36m,
        case
            when sources.value_36m is null then 'no_prediction_or_no_margin'
            when costs.acquisition_cost + costs.service_overheads + costs.fixed_cost is null
                then 'before_costs_that_are_not_known'
        end as reason
    from sources
    cross join costs
    where sources.forecast_source = 'all_customers'

    union all

    select
        7 as sort_order,
        'running_contracts' as component,
        null as forecast_source,
        {{ count_if('active_contracts > 0') }} as customers,
        cast(sum(contractual_revenue_discounted_36m) as {{ double_type() }}) as value_36m,
        null as value_beyond_36m,
        case when count(contractual_revenue_discounted_36m) > 0 then 'revenue_beside_the_total' else 'no_contracts' end
            as reason
    from {{ ref('fct_customer_contract_value') }}

)

-- the total's band is that of the value of all customers; costs are taken as they are
select
    ---------- ids
    components.component,

    ---------- texts
    basis.value_basis,
    components.reason as component_reason,

    ---------- present value, reporting currency
    cast(components.value_36m as {{ money_sum_type() }}) as value_36m,
    {%- for side in ['lower', 'upper'] %}
    cast(components.value_36m + sources.value_36m * (sources.ratio_{{ side }} - 1) as {{ money_sum_type() }})
        as value_36m_{{ side }},
    {%- endfor %}
    cast(components.value_beyond_36m as {{ money_sum_type() }}) as value_beyond_36m,
    case
        when components.value_beyond_36m > 0
            then {{ divide('components.value_beyond_36m', 'components.value_36m + components.value_beyond_36m') }}
    end as share_beyond_36m,

    ---------- numbers
    components.customers,
    cast(components.sort_order as integer) as sort_order,
    36 as horizon_months,
    cast({{ annual_discount_rate() }} as {{ double_type() }}) as annual_discount_rate,

    ---------- booleans
    components.sort_order <= 5 as is_in_total,

    ---------- dates
    as_of.as_of_date
from components
cross join {{ ref('base_crm__as_of') }} as as_of
-- the basis is one for all
inner join sources as basis
    on basis.forecast_source = 'all_customers'
left join sources
    on components.forecast_source = sources.forecast_source
