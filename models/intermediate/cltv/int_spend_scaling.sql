-- What a purchase day is worth beside a day with a positive value: spend models see positive days only.
with

histories as (

    select * from {{ ref('int_purchase_histories') }}

),

by_basis as (

    {% for basis in value_bases() -%}
    select
        origin_id,
        '{{ basis }}' as value_basis,
        count(*) as customers,
        count({{ basis }}) as valued_customers,
        sum(case when {{ basis }} is not null then frequency + 1 end) as purchase_days,
        sum(all_count_{{ basis }}) as positive_days,
        {{ sum_money(basis) }} as total_value,
        {{ sum_money('cast(round(all_mean_' ~ basis ~ ' * all_count_' ~ basis ~ ', 2) as ' ~ money_type() ~ ')') }}
            as positive_value

    from histories
    group by origin_id
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    {{ row_key(['origin_id', 'value_basis']) }} as scaling_id,
    by_basis.*,
    {{ divide(divide('total_value', 'purchase_days'), divide('positive_value', 'positive_days')) }}
        as value_per_positive_value
from by_basis
