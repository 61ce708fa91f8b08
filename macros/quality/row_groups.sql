{#
  The rows of one base table in groups that are alike for the scorecard: same day, same verdict, same flaws. One pass
  per table, and all that the quality marts need of it: a table of millions of rows becomes a few thousand groups.
  Rows behind the as-of date and rows of erased customers are not judged.

  Arguments: table, name in the raw contract.
#}
{% macro row_groups(table) %}
    {%- set names = raw_contract(table)['columns'] | map(attribute='name') | list -%}
    {%- set day = day_of_row(table) -%}
    {%- set amount = amount_of_row(table) -%}
    {%- set missing = [] -%}
    {%- for column in expected_columns(table) if column in names -%}
        {%- do missing.append('judged.' ~ column ~ ' is null') -%}
    {%- endfor -%}
    {%- set is_timed = day and 'synced_at' in names -%}
    {%- set changed_on = 'coalesce(cast(judged.updated_at as date), judged.' ~ day ~ ')' if 'updated_at' in names else 'judged.' ~ day %}
    select
        '{{ table }}' as table_name,
        {% if day -%}
        case
            when judged.{{ day }} between cast('{{ earliest_plausible_date() }}' as date) and as_of.as_of_date
                then judged.{{ day }}
        end as event_on,
        {%- else -%}
        cast(null as date) as event_on,
        {%- endif %}
        judged.reject_reason,
        judged.trimmed_columns is not null as is_trimmed,
        judged.blanked_columns is not null as is_blanked,
        judged.unreadable_optional is not null as is_unreadable,
        judged.cleared_columns is not null as is_contradicting,
        {{ missing | join(' or ') if missing else 'false' }} as is_incomplete,
        {% if is_timed -%}
        -- how long old rows took is lost when a table is loaded for the first time
        case
            when cast(judged.synced_at as date) > first_load.first_landed_on
                then least(90, greatest(0, {{ days_between(changed_on, 'cast(judged.synced_at as date)') }}))
        end as landing_days,
        {%- else -%}
        cast(null as {{ dbt.type_bigint() }}) as landing_days,
        {%- endif %}
        count(*) as row_count,
        {% if amount -%}
        {{ sum_money(to_reporting('abs(' ~ amount ~ ')', 'rate_to_reporting')) }} as amount
        {%- else -%}
        cast(null as {{ money_sum_type() }}) as amount
        {%- endif %}
    from {{ ref('base_crm__' ~ table) }} as judged
    cross join {{ ref('base_crm__as_of') }} as as_of
    {%- if is_timed %}
    cross join (
        select min(cast(synced_at as date)) as first_landed_on from {{ ref('base_crm__' ~ table) }}
    ) as first_load
    {%- endif %}
    where judged.row_status in ('accepted', 'rejected')
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
{%- endmacro %}


{# The business day that places a row in time, as its base table names it; none when nothing does. #}
{% macro day_of_row(table) %}
    {%- set others = {'customers': 'created_on', 'order_lines': 'ordered_on', 'crm_changes': 'launched_on'} -%}
    {{ return(others.get(table) or event_day(table)) }}
{% endmacro %}


{# SQL of the money that a row stands for, in its own currency; none when the table has no money. #}
{% macro amount_of_row(table) %}
    {%- set amounts = {
        'orders': 'total_amount',
        'order_lines': '(quantity * unit_price - coalesce(discount_amount, 0))',
        'refunds': 'amount',
        'campaign_spend': 'amount',
        'messages': 'unit_cost',
        'loyalty_movements': 'value_amount',
        'subscription_prices': '(monthly_amount * coalesce(quantity, 1))',
        'opportunities': 'amount',
        'crm_changes': 'cost_amount',
        'overheads': 'amount',
    } -%}
    {{ return(amounts.get(table)) }}
{% endmacro %}


{#
  The optional columns without which a row of this table is worth less, from the seed `expected_columns`. Read while the
  model is compiled, so that only these columns are scanned; before the seed is loaded there are none.
#}
{% macro expected_columns(table) %}
    {%- set seed = ref('expected_columns') -%}
    {%- if not execute or load_relation(seed) is none -%}{{ return([]) }}{%- endif -%}
    {%- set found = run_query("select column_name from " ~ seed ~ " where table_name = '" ~ table ~ "' order by column_name") -%}
    {{ return(found.columns[0].values() | list) }}
{% endmacro %}
