-- The bridge begins at the total of the simple method and passes those of the others: to the cent, without a gap
-- between its steps, and for all segments together as for each.
with

customers as (

    select * from {{ ref('fct_customer_cltv') }}

),

totals as (

    {% for basis in value_bases() -%}
    {% set last_basis = loop.last -%}
    {% for label in value_horizons() -%}
    {% set last_label = loop.last -%}
    {% for method in bridged_methods() -%}
    select
        '{{ basis }}' as value_basis,
        '{{ label }}' as horizon_label,
        '{{ method }}' as method_name,
        coalesce(sum({{ method }}_{{ basis }}_next_{{ label }}), 0) as amount
    from customers
    {% if not (last_basis and last_label and loop.last) %}
    union all

    {% endif -%}
    {% endfor -%}
    {% endfor -%}
    {% endfor %}

),

steps as (

    select
        *,
        lag(amount_after) over (
            partition by segment, value_basis, horizon_label
            order by step_number
        ) as previous_after,
        row_number() over (
            partition by segment, value_basis, horizon_label, to_method
            order by step_number desc
        ) as place_from_end
    from {{ ref('fct_cltv_method_bridge') }}

),

-- a segment's bridge ends at its own total: all segments together at that of all
reached as (

    {% for method, amount, edge in [
        ('to_method', 'amount_after', 'place_from_end = 1'), ('from_method', 'amount_before', 'step_number = 1')
    ] -%}
    select
        value_basis,
        horizon_label,
        {{ method }} as method_name,
        sum(case when segment = 'all' then {{ amount }} else 0 end) as amount,
        sum(case when segment <> 'all' then {{ amount }} else 0 end) as amount_of_segments
    from steps
    where {{ edge }}
    group by
        value_basis,
        horizon_label,
        {{ method }}
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}

)

select totals.value_basis || ' ' || totals.horizon_label || ' ' || totals.method_name as finding
from totals
inner join reached
    on
        totals.value_basis = reached.value_basis
        and totals.horizon_label = reached.horizon_label
        and totals.method_name = reached.method_name
where
    totals.amount <> reached.amount
    or totals.amount <> reached.amount_of_segments

union all

select bridge_step_id as finding
from steps
where
    amount_before <> coalesce(previous_after, amount_before)
    or amount_after <> amount_before + amount
