{#
  Shares amounts of an order out to its lines in proportion to `weight`, to the cent, by largest remainder: every line
  gets its whole cents, and the cents left over go to the lines that lost most by rounding down (ties: by line id).
  Σ lines = the order's amount, exactly. Integers all the way: a share in floating point could lose a cent.

  Most lines need no comparison with others. A single line takes all; of two lines that lose anything they lose one cent
  together, and it goes to the one that lost more than half of it (where one weighs less than nothing, because its
  discount is above its price, they lose none). What is left to sort are the lines of orders with three lines and more,
  and pairs that lost half a cent each. All amounts are sorted at once, by their names.

  Gives order_line_id and, for each amount, `<amount>_cents`: 1 where the line gets a cent more by its rank. Only lines
  that get one have a row.

  Arguments:
    relation  CTE with order_line_id, order_id, line_count, weight, order_weight (both in whole cents, order_weight > 0)
              and the amounts
    amounts   names of the columns to share out; they may be negative
#}
{% macro cents_by_rank(relation, amounts) %}
    with remainders as (

        select
            {% for amount in amounts -%}
            case when {{ amount }} <> 0 then {{ lost_by_rounding(amount) }} else 0 end as {{ amount }},
            {% endfor -%}
            order_line_id,
            order_id,
            line_count,
            order_weight
        from {{ relation }}
        where line_count > 1

    ),

    claims as (

        {% for amount in amounts -%}
        select
            order_line_id,
            order_id,
            order_weight,
            '{{ amount }}' as amount_name,
            {{ amount }} as lost
        from remainders
        where
            {{ amount }} <> 0
            and (line_count > 2 or 2 * {{ amount }} = order_weight)
        {{ 'union all' if not loop.last }}
        {% endfor %}

    ),

    ranked as (

        select
            order_line_id,
            amount_name,
            order_weight,
            row_number() over (partition by order_id, amount_name order by lost desc, order_line_id) as loss_rank,
            sum(lost) over (partition by order_id, amount_name) as lost_by_order
        from claims

    )

    select
        {% for amount in amounts -%}
        {{ count_if("amount_name = '" ~ amount ~ "'") }} as {{ amount }}_cents,
        {% endfor -%}
        order_line_id
    from ranked
    where loss_rank * order_weight <= lost_by_order
    group by order_line_id
{% endmacro %}


{#
  A line's share of one amount: all of it where there is one line, else its whole cents and the cent that it may get more.

  Arguments:
    amount  name of the amount's column, with the columns of cents_by_rank() in reach
    cents   SQL of the cent by rank, null where the line got none
#}
{% macro share_by_largest_remainder(amount, cents) %}
    cast(
        case
            when line_count = 1 then {{ amount }}
            when {{ amount }} = 0 then 0
            else
                case when {{ amount }} < 0 then -1e-2 else 1e-2 end * (
                    ({{ cents_times_weight(amount) }} - {{ lost_by_rounding(amount) }}) / order_weight
                    + case
                        when
                            line_count = 2
                            and weight <= order_weight
                            and 2 * {{ lost_by_rounding(amount) }} > order_weight
                            then 1
                        else coalesce({{ cents }}, 0)
                    end
                )
        end as {{ money_type() }}
    )
{% endmacro %}


{# An amount's size in cents times the line's weight, in whole numbers wide enough for both. #}
{% macro cents_times_weight(amount) %}
    {{ return("cast(" ~ whole_cents("abs(" ~ amount ~ ")") ~ " as " ~ wide_integer_type() ~ ") * weight") }}
{% endmacro %}


{# What a line loses by rounding its share down to the cent, times the order's weight. #}
{% macro lost_by_rounding(amount) %}{{ return("(" ~ cents_times_weight(amount) ~ " % order_weight)") }}{% endmacro %}


{#
  Money as a whole number of cents. Over a double, which holds every cent up to 90 trillion: the cast of a wide decimal
  to a whole number costs ten times as much.
#}
{% macro whole_cents(amount) %}
    {{ return("cast(round(cast(" ~ amount ~ " as " ~ double_type() ~ ") * 1e2) as " ~ dbt.type_bigint() ~ ")") }}
{% endmacro %}


{#
  One of equal shares of an amount, to the cent: everybody bears the whole cents, and the first places one cent more
  until none is left. Σ shares = the amount, exactly. It is the largest remainder with equal weights, and needs no sort.

  Arguments (SQL expressions):
    amount  what is shared out; it may be negative
    shares  among how many
    place   number of this one, from 1 to `shares`
#}
{% macro equal_share(amount, shares, place) %}
    {%- set cents = 'cast(abs(' ~ amount ~ ') * 100 as ' ~ dbt.type_bigint() ~ ')' -%}
    {%- set odd = '(' ~ cents ~ ' % ' ~ shares ~ ')' -%}
    {{ return(
        'cast(sign(' ~ amount ~ ') * (cast((' ~ cents ~ ' - ' ~ odd ~ ') / ' ~ shares ~ ' as ' ~ dbt.type_bigint() ~ ') + case when ' ~ place
        ~ ' <= ' ~ odd ~ ' then 1 else 0 end) * cast(0.01 as decimal(3, 2)) as ' ~ money_type() ~ ')'
    ) }}
{% endmacro %}
