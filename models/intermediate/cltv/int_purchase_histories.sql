-- Each customer as the purchase models see them at each origin: frequency, recency, age, and mean values.
with

purchase_days as (

    select * from {{ ref('int_purchase_days__known') }}

),

-- the first purchase makes the customer; only what follows says how often they come back
histories as (

    select
        origin_id,
        customer_key,
        count(*) as purchase_days,
        min(purchased_on) as first_purchased_on,
        max(purchased_on) as last_purchased_on,
        {{ exact_sum('ln(days_since_previous)', 9, 18) }} as log_gap_sum,
        {% for basis in value_bases() -%}
        {{ sum_if_complete(basis) }} as {{ basis }},
        {{ count_if(basis ~ ' > 0') }} as positive_days_{{ basis }},
        {{ sum_money('case when ' ~ basis ~ ' > 0 then ' ~ basis ~ ' else 0 end') }} as positive_{{ basis }},
        {{ value_at_first(basis, 'purchased_on') }} as first_day_{{ basis }},
        {% endfor -%}
        max(origin_date) as origin_date

    from purchase_days
    group by
        origin_id,
        customer_key

)

select
    {{ row_key(['origin_id', 'customer_key']) }} as history_id,
    origin_id,
    customer_key,
    cast(purchase_days - 1 as integer) as frequency,
    cast({{ days_between('first_purchased_on', 'last_purchased_on') }} as integer) as recency_days,
    cast({{ days_between('first_purchased_on', 'origin_date') }} as integer) as age_days,
    coalesce(log_gap_sum, 0) as log_gap_sum,
    {%- for basis in value_bases() %}
    {{ basis }},
    first_day_{{ basis }},
    -- days on which nothing, or less than nothing, remained have no place in a model of positive values
    cast(case when {{ basis }} is not null then positive_days_{{ basis }} else 0 end as integer)
        as all_count_{{ basis }},
    {{ divide('positive_' ~ basis, 'positive_days_' ~ basis) }} as all_mean_{{ basis }},
    cast(
        case
            when {{ basis }} is null then 0
            when first_day_{{ basis }} > 0 then positive_days_{{ basis }} - 1
            else positive_days_{{ basis }}
        end as integer
    ) as repeat_count_{{ basis }},
    {{ divide(
        'positive_' ~ basis ~ ' - greatest(first_day_' ~ basis ~ ', 0)',
        'positive_days_' ~ basis ~ ' - case when first_day_' ~ basis ~ ' > 0 then 1 else 0 end'
    ) }} as repeat_mean_{{ basis }},
    {%- endfor %}
    first_purchased_on,
    last_purchased_on,
    origin_date
from histories
