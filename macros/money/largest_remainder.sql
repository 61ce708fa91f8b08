{#
  Shares one amount of an order out to its lines in proportion to `weight`, to the cent, by largest remainder: every
  line gets its whole cents, and the cents left over go to the lines that lost most by rounding down (ties: by line id).
  Σ lines = the order's amount, exactly. Integers all the way: a share in floating point could lose a cent.

  Gives order_line_id and `share`, only for orders with several lines and an amount to share: a single line takes all,
  and most amounts are zero for most orders, so that little is left to sort.

  Arguments:
    relation  CTE with order_line_id, order_id, line_count, weight, order_weight (both whole numbers, order_weight > 0)
              and the amount
    amount    name of the column to share out; it may be negative
#}
{% macro share_by_largest_remainder(relation, amount) %}
    select
        order_line_id,
        cast(
            amount_sign * (
                whole_cents
                + case
                    when
                        row_number() over (partition by order_id order by lost desc, order_line_id)
                        <= sum(lost) over (partition by order_id) / order_weight
                        then 1
                    else 0
                end
            ) * cast(0.01 as decimal(3, 2)) as {{ money_type() }}
        ) as share
    from (
        select
            order_line_id,
            order_id,
            order_weight,
            amount_sign,
            (cents * weight) % order_weight as lost,
            cast((cents * weight - (cents * weight) % order_weight) / order_weight as {{ dbt.type_bigint() }}) as whole_cents
        from (
            select
                order_line_id,
                order_id,
                cast(weight as {{ wide_integer_type() }}) as weight,
                cast(order_weight as {{ wide_integer_type() }}) as order_weight,
                case when {{ amount }} < 0 then -1 else 1 end as amount_sign,
                cast(abs({{ amount }}) * 100 as {{ wide_integer_type() }}) as cents
            from {{ relation }}
            where
                line_count > 1
                and {{ amount }} <> 0
        ) as in_cents
    ) as divided
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
