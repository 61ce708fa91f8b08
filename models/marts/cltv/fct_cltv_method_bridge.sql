-- Why the four methods differ: every step from one to the next in money, for the same customers and horizon.
with

placed as (

    select * from {{ ref('int_customers__bridged') }}

),

by_segment as (

    select
        segment,
        {%- for basis in value_bases() %}
        {%- for label in value_horizons() %}
        {{ bridge_sums(basis, label) }},
        {%- endfor %}
        {%- endfor %}
        count(*) as customers
    from placed
    group by segment

),

-- one row per segment, basis, horizon and step
steps as (

    {% for basis in value_bases() -%}
    {% set last_basis = loop.last -%}
    {% for label in value_horizons() -%}
    select
        by_segment.segment,
        '{{ basis }}' as value_basis,
        '{{ label }}' as horizon_label,
        rules.*,
        by_segment.start_{{ basis }}_{{ label }} as start_amount,
        case rules.step_number
            {%- for number in bridge_steps(basis, label) %}
            when {{ number }} then by_segment.amount_{{ number }}_{{ basis }}_{{ label }}
            {%- endfor %}
        end as amount,
        case rules.step_number
            {%- for number in bridge_steps(basis, label) %}
            when {{ number }} then by_segment.customers_{{ number }}_{{ basis }}_{{ label }}
            {%- endfor %}
        end as customers
    from by_segment
    cross join {{ ref('method_bridge_steps') }} as rules
    {% if not (last_basis and loop.last) %}
    union all

    {% endif -%}
    {% endfor -%}
    {% endfor %}

),

all_steps as (

    select * from steps

    union all

    select
        'all' as segment,
        value_basis,
        horizon_label,
        step_number,
        min(step_name) as step_name,
        min(from_method) as from_method,
        min(to_method) as to_method,
        min(beside_step) as beside_step,
        min(explanation) as explanation,
        sum(start_amount) as start_amount,
        sum(amount) as amount,
        sum(customers) as customers
    from steps
    group by
        value_basis,
        horizon_label,
        step_number

),

-- a handful who come or go must not be read off, neither from their row nor as the difference of two segments: their
-- value is part of the step beside them
guarded as (

    select
        *,
        case
            when step_number <> beside_step
                then max(case when {{ is_small_cell('customers') }} then 1 else 0 end)
                    over (partition by value_basis, horizon_label, step_number)
            else 0
        end as is_beside
    from all_steps

),

gathered as (

    select
        *,
        case
            when is_beside = 1 then 0
            when step_number = beside_step
                then amount + sum(case when is_beside = 1 then amount else 0 end)
                    over (partition by segment, value_basis, horizon_label, beside_step)
            else amount
        end as shown_amount
    from guarded

)

select
    {{ row_key(['segment', 'value_basis', 'horizon_label', 'step_number']) }} as bridge_step_id,
    segment,
    value_basis,
    horizon_label,
    cast(step_number as integer) as step_number,
    step_name,
    from_method,
    to_method,
    cast(case when is_beside = 0 then customers end as {{ dbt.type_bigint() }}) as customers,
    cast(
        start_amount + sum(shown_amount) over (
            partition by segment, value_basis, horizon_label
            order by step_number
            rows between unbounded preceding and current row
        ) - shown_amount as {{ money_sum_type() }}
    ) as amount_before,
    cast(shown_amount as {{ money_sum_type() }}) as amount,
    cast(
        start_amount + sum(shown_amount) over (
            partition by segment, value_basis, horizon_label
            order by step_number
            rows between unbounded preceding and current row
        ) as {{ money_sum_type() }}
    ) as amount_after,
    case
        when is_beside = 1 then 'too few customers to be shown: part of step ' || {{ as_text('beside_step') }}
        else explanation
    end as explanation
from gathered
