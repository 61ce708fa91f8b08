-- What came after each origin of the back-test, from customers who had bought by then and from those who came later.
with

origins as (

    select * from {{ ref('int_prediction_origins') }}
    where origin_kind = 'backtest'

),

-- the customers that the back-tests look at, whenever they came
customers as (

    select
        customer_key,
        first_purchased_on
    from {{ ref('int_customers__covariates') }}
    where sample_number <= {{ count_variable('backtest_customers', 100) }}

),

-- one row per day and first day before the origins are joined: these are as many as there are origins
by_day as (

    select
        customers.first_purchased_on,
        purchase_days.purchased_on,
        {%- for basis in value_bases() %}
        {{ sum_if_complete('purchase_days.' ~ basis) }} as {{ basis }},
        {%- endfor %}
        count(*) as orders

    from customers
    inner join {{ ref('int_customers__purchase_days') }} as purchase_days
        on customers.customer_key = purchase_days.customer_key
    group by
        customers.first_purchased_on,
        purchase_days.purchased_on

),

placed as (

    select
        origins.origin_id,
        case when by_day.first_purchased_on <= origins.origin_date then 'existing_customers' else 'new_customers' end
            as forecast_source,
        {%- for basis in value_bases() %}
        by_day.{{ basis }},
        {%- endfor %}
        by_day.orders

    from origins
    inner join by_day
        on
            origins.origin_date < by_day.purchased_on
            and {{ add_days('origins.origin_date', 'origins.horizon_days') }} >= by_day.purchased_on

)

select
    {{ row_key(['origin_id', 'forecast_source']) }} as outcome_id,
    origin_id,
    forecast_source,
    {%- for basis in value_bases() %}
    {{ sum_if_complete(basis) }} as {{ basis }},
    {%- endfor %}
    cast(sum(orders) as {{ dbt.type_bigint() }}) as orders
from placed
group by
    origin_id,
    forecast_source
