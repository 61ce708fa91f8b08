-- What came in on each day, one row per series and day, days without anything included: those are the ones that matter.
{%- set counted_tables = [
    'customers', 'refunds', 'touchpoints', 'interactions', 'support_tickets', 'survey_responses', 'loyalty_movements',
    'consents', 'leads', 'opportunities',
] %}
with

as_of as (

    select
        as_of_date,
        as_of_source
    from {{ ref('base_crm__as_of') }}

),

order_days as (

    select
        ordered_on,
        count(*) as orders,
        {{ sum_money('net_revenue') }} as net_revenue
    from {{ ref('fct_orders') }}
    where is_sale
    group by ordered_on

),

-- messages go out in campaigns, spend and usage by month and week: their days are no more than a rhythm of their own
happened as (

    select
        table_name,
        'rows' as measure,
        event_on,
        sum(row_count) as volume
    from {{ ref('int_quality_row_groups') }}
    where
        reject_reason is null
        and event_on is not null
        and table_name in (
            {%- for table in counted_tables %}
            '{{ table }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
    group by
        table_name,
        event_on
    union all
    select
        'orders' as table_name,
        'orders' as measure,
        ordered_on as event_on,
        orders as volume
    from order_days
    union all
    select
        'orders' as table_name,
        'net_revenue' as measure,
        ordered_on as event_on,
        net_revenue as volume
    from order_days

),

series as (

    select
        happened.table_name,
        happened.measure,
        as_of.as_of_source,
        as_of.as_of_date,
        min(happened.event_on) as first_event_on

    from happened
    cross join as_of
    group by
        happened.table_name,
        happened.measure,
        as_of.as_of_source,
        as_of.as_of_date

),

-- the last day of the data may not be over yet
spans as (

    select
        table_name,
        measure,
        first_event_on,
        {{ days_between('first_event_on', 'as_of_date') }}
        - case when as_of_source = 'newest_order' then 1 else 0 end as last_day_number
    from series

),

-- a hundred years: further back than any row that is believed
days as (

    select
        spans.table_name,
        spans.measure,
        {{ add_days('spans.first_event_on', 'numbers.n') }} as event_on

    from spans
    inner join {{ numbers(36525) }} as numbers
        on spans.last_day_number >= numbers.n

)

select
    {{ row_key(['days.table_name', 'days.measure', 'days.event_on']) }} as daily_volume_id,
    days.table_name,
    days.measure,
    days.event_on,
    {{ day_of_week('days.event_on') }} as day_of_week,
    cast(coalesce(happened.volume, 0) as {{ double_type() }}) as volume
from days
left join happened
    on
        days.table_name = happened.table_name
        and days.measure = happened.measure
        and days.event_on = happened.event_on
