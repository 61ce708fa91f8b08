-- What serving each customer cost, by month and by what caused it. Months without any service have no row.
{%- set families = service_cost_families() %}
with

uses as (

    select * from {{ ref('int_service_uses') }}

),

rates as (

    select * from {{ ref('int_cost_rate_spans') }}

),

-- a ticket or a contact may be costed by the piece, by the minute, or by both: what the business has no rate for at all
-- is its choice as long as the other is there
rated_drivers as (

    select
        max(case when cost_driver = 'ticket' then 1 else 0 end) as has_ticket,
        max(case when cost_driver = 'ticket_minute' then 1 else 0 end) as has_ticket_minute,
        max(case when cost_driver = 'contact' then 1 else 0 end) as has_contact,
        max(case when cost_driver = 'contact_minute' then 1 else 0 end) as has_contact_minute
    from rates

),

costed as (

    select
        uses.customer_key,
        uses.cost_driver,
        {{ month_start('uses.used_on') }} as activity_month,
        cast(
            coalesce(uses.own_cost, uses.quantity * coalesce(channel_rates.unit_cost, all_rates.unit_cost))
            as decimal(18, 6)
        ) as use_cost,
        case
            when coalesce(uses.own_cost, channel_rates.unit_cost, all_rates.unit_cost) is not null then 0
            {%- for one, other in [
                ('ticket', 'ticket_minute'), ('ticket_minute', 'ticket'),
                ('contact', 'contact_minute'), ('contact_minute', 'contact'),
            ] %}
            when
                uses.cost_driver = '{{ one }}'
                and rated_drivers.has_{{ one }} = 0
                and rated_drivers.has_{{ other }} = 1
                then 0
            {%- endfor %}
            else 1
        end as is_unrated

    from uses
    cross join rated_drivers
    left join rates as channel_rates
        on
            uses.cost_driver = channel_rates.cost_driver
            and uses.channel = channel_rates.applies_to
            and uses.used_on between channel_rates.valid_from and channel_rates.valid_to
    left join rates as all_rates
        on
            uses.cost_driver = all_rates.cost_driver
            and all_rates.applies_to = 'all'
            and uses.used_on between all_rates.valid_from and all_rates.valid_to

),

by_month as (

    select
        customer_key,
        activity_month,
        {%- for family, drivers in families.items() %}
        {{ round_money(
            "sum(case when cost_driver in ('" ~ drivers | join("', '") ~ "') then coalesce(use_cost, 0) else 0 end)"
        ) }} as {{ family }}_cost,
        {%- endfor %}
        max(case when is_unrated = 1 then cost_driver end) as unrated_driver

    from costed
    group by
        customer_key,
        activity_month

)

select
    {{ row_key(['customer_key', 'activity_month']) }} as customer_month_id,
    *
from by_month
