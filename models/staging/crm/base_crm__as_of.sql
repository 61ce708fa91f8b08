-- The one clock. Everything later reads only what was known on this day.
with

order_dates as (

    {{ typed_crm_rows('orders', columns=['ordered_at', 'updated_at', 'synced_at']) }}

),

-- an order dated 2099 must not move the clock: only a row that says when it landed may, and not beyond that day
plausible as (

    select
        {{ business_date('ordered_at') }} as ordered_on,
        coalesce(
            cast(ordered_at as date) <= {{ add_days('cast(' ~ landed_at('orders') ~ ' as date)', 1) }}, false
        ) as may_move_the_clock

    from order_dates
    where cast(ordered_at as date) >= cast('{{ earliest_plausible_date() }}' as date)

),

chosen as (

    select
        'now' as as_of_id,
        {% if as_of_variable() -%}
            cast('{{ as_of_variable() }}' as date) as as_of_date,
            'variable' as as_of_source,
        {%- else -%}
            max(case when may_move_the_clock then ordered_on end) as as_of_date,
            'newest_order' as as_of_source,
        {%- endif %}
        min(ordered_on) as first_order_on

    from plausible

)

select * from chosen
