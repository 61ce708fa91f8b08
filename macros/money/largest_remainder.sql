{#
  Shares amounts of an order out to its lines in proportion to `weight`, to the cent, by largest remainder: every line
  gets its whole cents, and the cents left over go to the lines that lost most by rounding down (ties: by line id).
  Σ lines = the order's amount, exactly. Integers all the way: a share in floating point could lose a cent.

  Arguments:
    relation  CTE with order_line_id, order_id, line_count, weight, order_weight (both whole numbers, order_weight > 0)
              and the amounts
    amounts   names of the columns to share out; they may be negative
#}
{% macro share_by_largest_remainder(relation, amounts) %}
    -- most orders have one line, which takes all; only the others need to be sorted
    select
        order_line_id,
        order_id,
        {% for amount in amounts -%}
        cast({{ amount }} as {{ money_type() }}) as {{ amount }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}
    where line_count = 1
    union all
    select
        order_line_id,
        order_id,
        {% for amount in amounts -%}
        cast(
            sign_{{ amount }}
            * (floor_{{ amount }} + case when rank_{{ amount }} <= left_{{ amount }} then 1 else 0 end)
            * cast(0.01 as decimal(3, 2)) as {{ money_type() }}
        ) as {{ amount }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            *,
            {% for amount in amounts -%}
            cents_{{ amount }} - sum(floor_{{ amount }}) over (partition by order_id) as left_{{ amount }},
            row_number() over (
                partition by order_id
                order by lost_{{ amount }} desc, order_line_id
            ) as rank_{{ amount }}{{ ',' if not loop.last }}
            {% endfor %}
        from (
            select
                *,
                {% for amount in amounts -%}
                cast((cents_{{ amount }} * weight - lost_{{ amount }}) / order_weight as decimal(19, 0)) as floor_{{ amount }}{{ ',' if not loop.last }}
                {% endfor %}
            from (
                select
                    *,
                    {% for amount in amounts -%}
                    (cents_{{ amount }} * weight) % order_weight as lost_{{ amount }}{{ ',' if not loop.last }}
                    {% endfor %}
                from (
                    select
                        order_line_id,
                        order_id,
                        cast(weight as decimal(19, 0)) as weight,
                        cast(order_weight as decimal(19, 0)) as order_weight,
                        {% for amount in amounts -%}
                        case when {{ amount }} < 0 then -1 else 1 end as sign_{{ amount }},
                        cast(abs({{ amount }}) * 100 as decimal(19, 0)) as cents_{{ amount }}{{ ',' if not loop.last }}
                        {% endfor %}
                    from {{ relation }}
                    where line_count > 1
                ) as in_cents
            ) as divided
        ) as floored
    ) as ranked
{% endmacro %}
