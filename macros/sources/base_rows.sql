{#
  A whole base model: every raw row of a table, typed once, judged, with what became of it. Tables whose rows need no
  more than their own columns, their parents and a rate are made by this macro; orders, order lines and refunds have
  judgements of their own and are written out.

  Arguments:
    table     name in the raw contract
    checks    `when … then 'code'` branches on the row's own columns, before versions of a key are ranked
    parents   list of {table, column, reason}: rows of another table that this one must belong to. A blank optional
              column needs no parent, and neither does a table whose parent table is switched off
    joins     further left joins on `versions`, as SQL
    computed  columns that need those joins or other rows (windows), as SQL with alias
    branches  `when … then 'code'` branches on parents and computed columns
    first_branches  branches that hold for every version of a key
    rate_day  day of the rate that converts the row's money; none when the table has no money
    currency  SQL of the row's currency
    amount    money that needs the rate
    cleared   {column: condition}: optional values that contradict the row; they become null and are counted
    added     further columns to keep, beside the day and the rate
    erased    condition for rows of an erased customer; by default that the row's parent among the customers is erased
    placed_by  timestamp that places the row in time where the contract names no event
#}
{% macro base_rows(table, checks=[], parents=[], joins=[], computed=[], branches=[], first_branches=[], rate_day=none, currency='versions.currency', amount='amount', cleared={}, added=[], erased=none, placed_by=none) %}
    {%- set event = raw_contract(table)['event'] or placed_by -%}
    {%- set day = event_day(table, placed_by) -%}
    {%- set kept = added + ([day] if day and day != event else []) + (['rate_to_reporting'] if rate_day else []) -%}
    {%- set known = [] -%}
    {%- for parent in parents if crm_table_is_on(parent['table']) -%}{%- do known.append(parent) -%}{%- endfor -%}
    {%- set erases = known | selectattr('table', 'equalto', 'customers') | list -%}
with

rows_read as (

    {{ typed_crm_rows(table) }}

),

flagged as (

    select
        rows_read.*,
        {%- if day and day != event %}
        {{ business_date('rows_read.' ~ event) }} as {{ day }},
        {%- endif %}
        as_of.as_of_date,
        case
            {{ contract_reasons(table) }}
            {%- for check in checks %}
            {{ check }}
            {%- endfor %}
        end as row_reason

    from rows_read
    cross join {{ ref('base_crm__as_of') }} as as_of

),

versions as (

    {{ ranked_versions('flagged', table) }}

),

joined as (

    select
        versions.*
        {%- for parent in known %},
        parent_{{ parent['table'] }}.row_status as {{ parent['table'] }}_status
        {%- endfor %}
        {%- if rate_day %},
        {{ row_rate(currency) }} as rate_to_reporting
        {%- endif %}
        {%- for column in computed %},
        {{ column }}
        {%- endfor %}

    from versions
    {%- for parent in known %}
    left join {{ ref('base_crm__' ~ parent['table']) }} as parent_{{ parent['table'] }}
        on
            versions.{{ parent['column'] }} = parent_{{ parent['table'] }}.{{ raw_contract(parent['table'])['key'][0] }}
            and parent_{{ parent['table'] }}.row_status <> 'rejected'
            and parent_{{ parent['table'] }}.version_rank = 1
    {%- endfor %}
    {%- for join in joins %}
    {{ join }}
    {%- endfor %}
    {%- if rate_day %}
    left join {{ ref('base_crm__exchange_rate_days') }} as rate_days
        on
            {{ currency }} = rate_days.currency
            and versions.{{ rate_day }} = rate_days.rate_on
    {%- endif %}

),

checked as (

    select
        *,
        {%- set reasons = first_branches + ["when version_rank > 1 then 'superseded_duplicate'"] -%}
        {%- for parent in known -%}
            {%- do reasons.append("when " ~ parent['column'] ~ " is not null and " ~ parent['table'] ~ "_status is null then '" ~ parent['reason'] ~ "'") -%}
        {%- endfor -%}
        {%- if rate_day -%}
            {%- do reasons.append("when " ~ amount ~ " is not null and rate_to_reporting is null then 'no_rate'") -%}
        {%- endif %}
        {{ row_status(day, reasons + branches, erased=erased or ("customers_status = 'erased'" if erases else none)) }}

    from joined

)

select {{ base_columns(table, kept, cleared, masked=erased or erases) }}
from checked
{% endmacro %}


{# The business day that places a row of this table in time: its event, as a day; none when it has no event. #}
{% macro event_day(table, placed_by=none) %}
    {%- set contract = raw_contract(table) -%}
    {%- set event = contract['event'] or placed_by -%}
    {%- if not event -%}{{ return(none) }}{%- endif -%}
    {%- set column = contract['columns'] | selectattr('name', 'equalto', event) | first -%}
    {{ return(event if column['type'] == 'date' else event[:-3] ~ '_on') }}
{% endmacro %}


{# The tables of the contract that are switched on. #}
{% macro switched_on_tables() %}
    {%- set names = [] -%}
    {%- for table in built_tables() if crm_table_is_on(table) -%}{%- do names.append(table) -%}{%- endfor -%}
    {{ return(names) }}
{% endmacro %}
