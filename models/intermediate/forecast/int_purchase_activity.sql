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
        case
            when covariates.first_purchased_on <= {{ add_months('as_of.as_of_date', -24) }} then 'two_years_ago'
            when covariates.first_purchased_on <= {{ add_months('as_of.as_of_date', -12) }} then 'a_year_ago'
            else 'since'
        end as there_since

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

-- who has not bought yet may have a question, too
served as (

    select
        months.activity_month,
        coalesce(first_purchases.there_since, 'since') as there_since,
        {{ sum_if_complete('months.cost_to_serve') }} as cost_to_serve

    from {{ ref('fct_customer_monthly_value') }} as months
    left join first_purchases
        on months.customer_key = first_purchases.customer_key
    where months.customer_key <> 'guest'
    group by
        months.activity_month,
        coalesce(first_purchases.there_since, 'since')

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
        'cost_to_serve' as measure,
        'all' as category,
        cast(cost_to_serve as {{ double_type() }}) as amount
    from served

    union all

    select
        {{ month_start('tickets.opened_on') }} as activity_month,
        coalesce(first_purchases.there_since, 'since') as there_since,
        false as is_first,
        'ticket_hours' as measure,
        'all' as category,
        {{ divide('tickets.handling_minutes', 60) }} as amount
    from {{ ref('fct_support_tickets') }} as tickets
    left join first_purchases
        on tickets.customer_key = first_purchases.customer_key

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
    -- null where a part is not known; in decimal, a sum of doubles depends on the order of its rows
    case
        when count(together.amount) = count(*) or together.measure = 'ticket_hours'
            then cast(sum(cast(together.amount as decimal(28, 6))) as {{ double_type() }})
    end as amount
from together
cross join as_of
group by
    together.activity_month,
    together.there_since,
    together.is_first,
    together.measure,
    together.category
