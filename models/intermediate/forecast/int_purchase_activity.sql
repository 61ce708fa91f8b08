-- What happened in each month, in amounts of several kinds under each other: orders and their value, units by category,
-- hours of support and the cost of service. Told apart by whether its customer was there one and two years before the
-- as-of date, so that a forecast can be laid beside what the same customers' forerunners did.
with

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

first_purchases as (

    select
        covariates.customer_key,
        covariates.first_purchased_on,
        {{ there_since('covariates.first_purchased_on', 'as_of.as_of_date') }} as there_since
    from {{ ref('int_customers__covariates') }} as covariates
    cross join as_of

),

purchases as (

    select
        {{ month_start('purchase_days.purchased_on') }} as activity_month,
        first_purchases.there_since,
        purchase_days.days_since_previous is null as is_first,
        {%- for basis in value_bases() %}
        {{ sum_if_complete('purchase_days.' ~ basis) }} as {{ basis }},
        {%- endfor %}
        count(*) as orders

    from {{ ref('int_customers__purchase_days') }} as purchase_days
    inner join first_purchases
        on purchase_days.customer_key = first_purchases.customer_key
    group by
        {{ month_start('purchase_days.purchased_on') }},
        first_purchases.there_since,
        purchase_days.days_since_previous is null

),

-- by product before the products are joined
units as (

    select
        {{ month_start('order_lines.ordered_on') }} as activity_month,
        first_purchases.there_since,
        order_lines.ordered_on = first_purchases.first_purchased_on as is_first,
        order_lines.product_id,
        sum(order_lines.quantity) as quantity

    from {{ ref('fct_order_lines') }} as order_lines
    inner join first_purchases
        on order_lines.customer_key = first_purchases.customer_key
    where
        order_lines.order_type = 'one_off'
        and order_lines.line_type = 'product'
    group by
        {{ month_start('order_lines.ordered_on') }},
        first_purchases.there_since,
        order_lines.ordered_on = first_purchases.first_purchased_on,
        order_lines.product_id

),

together as (

    {% for measure in ['orders'] + value_bases() -%}
    select
        activity_month,
        there_since,
        is_first,
        '{{ measure }}' as measure,
        'all' as category,
        cast({{ measure }} as {{ double_type() }}) as amount
    from purchases

    union all

    {% endfor -%}
    select
        units.activity_month,
        units.there_since,
        units.is_first,
        'units' as measure,
        coalesce(products.category, 'unknown') as category,
        cast(units.quantity as {{ double_type() }}) as amount
    from units
    left join {{ ref('dim_products') }} as products
        on units.product_id = products.product_id

    union all

    select
        activity_month,
        there_since,
        false as is_first,
        measure,
        'all' as category,
        amount
    from {{ ref('int_service_activity') }}

)

select
    {{ row_key(['together.activity_month', 'together.there_since', 'together.is_first', 'measure', 'category']) }}
        as activity_id,
    together.activity_month,
    together.there_since,
    together.is_first,
    together.measure,
    together.category,
    {{ month_end('together.activity_month') }} <= max(as_of.as_of_date) as is_complete,
    -- null where a part is not known
    case
        when count(together.amount) = count(*)
            then {{ exact_sum('together.amount', 6) }}
    end as amount
from together
cross join as_of
group by
    together.activity_month,
    together.there_since,
    together.is_first,
    together.measure,
    together.category
