-- Every member of every view, and how many customers it stands for.
with

customers as (

    select
        {%- for column in whole_views().values() %}
        {{ column }},
        {%- endfor %}
        channel_group,
        country
    from {{ ref('int_customers__viewed') }}

),

counted as (

    {% for view_name, column in whole_views().items() -%}
    select
        '{{ view_name }}' as view_name,
        {{ column }} as member_id,
        {{ {'channel': 'max(channel_group)', 'region': 'max(country)'}.get(
            view_name, 'cast(null as ' ~ dbt.type_string() ~ ')'
        ) }} as own_group,
        count(*) as customers,
        count(*) as credited_customers
    from customers
    group by {{ column }}

    union all

    {% endfor -%}
    select
        view_name,
        member_id,
        cast(null as {{ dbt.type_string() }}) as own_group,
        count(*) as customers,
        sum(share_millionths) / 1e6 as credited_customers
    from {{ ref('int_view_credits') }}
    group by
        view_name,
        member_id

),

-- every tier of the rule has a row, also an empty one
tiers as (

    select value_tiers.value_tier
    from {{ ref('value_tiers') }} as value_tiers
    left join counted
        on
            value_tiers.value_tier = counted.member_id
            and counted.view_name = 'segment'
    where counted.member_id is null

),

members as (

    select * from counted

    union all

    select
        'segment' as view_name,
        value_tier as member_id,
        cast(null as {{ dbt.type_string() }}) as own_group,
        0 as customers,
        0 as credited_customers
    from tiers

)

select
    {{ row_key(['view_name', 'member_id']) }} as view_member_id,
    view_name,
    member_id,
    own_group,
    cast(customers as {{ dbt.type_bigint() }}) as customers,
    cast(credited_customers as {{ double_type() }}) as credited_customers
from members
