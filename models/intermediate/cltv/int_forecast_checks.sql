-- What was foreseen beside what came: by the model as of a month ago, and by every forecast that was published and
-- whose time is up.
{%- set checks = [
    ('orders', '1m', 30), ('orders', '3m', 91), ('orders', '12m', 365), ('net_revenue', '12m', 365)
] %}
with

as_of as (

    select * from {{ ref('base_crm__as_of') }}

),

foreseen as (

    select
        {% for measure, label, days in checks -%}
        log.expected_{{ measure }}_{{ label }},
        {% endfor -%}
        log.customer_key,
        'published' as forecast_kind,
        log.as_of_date as forecast_date
    from {{ ref('log_predictions') }} as log
    inner join as_of
        on as_of.as_of_date >= {{ add_days('log.as_of_date', 30) }}

    union all

    -- how a month came out is all that it can be asked
    select
        cast(predicted.expected_orders_1m as decimal(18, 6)) as expected_orders_1m,
        cast(null as decimal(18, 6)) as expected_orders_3m,
        cast(null as decimal(18, 6)) as expected_orders_12m,
        cast(null as {{ money_type() }}) as expected_net_revenue_12m,
        predicted.customer_key,
        'as_of_month_before' as forecast_kind,
        origins.origin_date as forecast_date
    from {{ ref('int_customers__predicted') }} as predicted
    inner join {{ ref('int_prediction_origins') }} as origins
        on predicted.origin_id = origins.origin_id
    inner join {{ ref('int_prediction_choice') }} as choice
        on predicted.model_name = choice.model_name
    where origins.origin_kind = 'month_before'

),

came as (

    select
        {% for measure, label, days in checks -%}
        {%- set in_time = add_days('foreseen.forecast_date', days) ~ ' >= purchase_days.purchased_on' -%}
        {%- if measure == 'orders' -%}
        {{ count_if(in_time) }} as orders_{{ label }},
        {% else -%}
        {{ sum_money('case when ' ~ in_time ~ ' then purchase_days.' ~ measure ~ ' else 0 end') }}
            as {{ measure }}_{{ label }},
        {% endif -%}
        {% endfor -%}
        foreseen.forecast_kind,
        foreseen.forecast_date,
        foreseen.customer_key

    from foreseen
    inner join {{ ref('int_customers__purchase_days') }} as purchase_days
        on
            foreseen.customer_key = purchase_days.customer_key
            and foreseen.forecast_date < purchase_days.purchased_on
            and {{ add_days('foreseen.forecast_date', 365) }} >= purchase_days.purchased_on
    group by
        foreseen.forecast_kind,
        foreseen.forecast_date,
        foreseen.customer_key

),

-- of each customer of whom something was foreseen: the two sums, and the squares that chance is told by
summed as (

    select
        {% for measure, label, days in checks -%}
        {%- set name = measure ~ '_' ~ label -%}
        {%- set expected = 'foreseen.expected_' ~ name -%}
        {%- set actual = 'case when ' ~ expected ~ ' is not null then came.' ~ name ~ ' end' -%}
        {%- set expected_square = divide('power(' ~ expected ~ ', 2)', 'foreseen.expected_orders_' ~ label) -%}
        count({{ expected }}) as customers_{{ name }},
        sum({{ expected }}) as expected_{{ name }},
        sum({{ actual }}) as actual_{{ name }},
        {{ exact_sum('power(' ~ actual ~ ', 2)', 4, 38) }} as squares_{{ name }},
        {{ exact_sum(expected_square, 6, 38) }} as expected_squares_{{ name }},
        {% endfor -%}
        foreseen.forecast_kind,
        foreseen.forecast_date

    from foreseen
    left join came
        on
            foreseen.forecast_kind = came.forecast_kind
            and foreseen.forecast_date = came.forecast_date
            and foreseen.customer_key = came.customer_key
    group by
        foreseen.forecast_kind,
        foreseen.forecast_date

),

due as (

    {% for measure, label, days in checks -%}
    {%- set name = measure ~ '_' ~ label -%}
    select
        summed.forecast_kind,
        summed.forecast_date,
        '{{ measure }}' as measure,
        {{ days }} as horizon_days,
        summed.customers_{{ name }} as customers,
        cast(summed.expected_{{ name }} as {{ double_type() }}) as expected,
        cast(coalesce(summed.actual_{{ name }}, 0) as {{ double_type() }}) as actual,
        2 * sqrt(greatest(
            coalesce(summed.squares_{{ name }}, 0), coalesce(summed.expected_squares_{{ name }}, 0)
        )) as chance
    from summed
    inner join as_of
        on as_of.as_of_date >= {{ add_days('summed.forecast_date', days) }}
    where summed.customers_{{ name }} > 0
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}
)

select
    {{ row_key(['forecast_kind', 'forecast_date', 'measure', 'horizon_days']) }} as forecast_check_id,
    *,
    row_number() over (partition by forecast_kind, measure, horizon_days order by forecast_date desc) = 1 as is_newest
from due
