{#
  Ranks the versions of a key: 1 = the one that is kept. Versions known at the as-of date come first, then the newest
  change; rows that are alike in everything may win in any order. Only keys that occur more than once are sorted:
  ranking every row of a large table would cost more than everything else in the model.

  Arguments:
    relation  CTE with `row_reason`, `as_of_date` and the contract's columns; only rows without a reason compete
    table     name in the raw contract (key and columns)
#}
{% macro ranked_versions(relation, table) %}
    {%- set contract = raw_contract(table) -%}
    {%- set key = contract['key'] -%}
    {%- set names = contract['columns'] | map(attribute='name') | list -%}
    {%- set same_key -%}
    on {% for name in key %}{{ relation }}.{{ name }} = repeated_keys.{{ name }}{{ ' and ' if not loop.last }}{% endfor %}
    {%- endset -%}
    with repeated_keys as (

        select {{ key | join(', ') }}
        from {{ relation }}
        where row_reason is null
        group by {{ key | join(', ') }}
        having count(*) > 1

    )

    select
        {{ relation }}.*,
        1 as version_rank
    from {{ relation }}
    left join repeated_keys
        {{ same_key }}
    where repeated_keys.{{ key[0] }} is null
    union all
    select
        {{ relation }}.*,
        row_number() over (
            partition by {% for name in key %}{{ relation }}.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
            order by
                case when {{ relation }}.row_reason is null then 0 else 1 end,
            {%- if 'updated_at' in names %}
                case when cast({{ relation }}.updated_at as date) <= {{ relation }}.as_of_date then 0 else 1 end,
                {{ relation }}.updated_at desc nulls last,
            {%- endif %}
            {%- for name in names if name not in key and name != 'updated_at' %}
                {{ relation }}.{{ name }} nulls last{{ ',' if not loop.last }}
            {%- endfor %}
        ) as version_rank
    from {{ relation }}
    inner join repeated_keys
        {{ same_key }}
{% endmacro %}
