{#
  What became of a raw row, as two columns: `reject_reason` (null unless rejected) and `row_status`:
    rejected      kept in dq_rejected_rows with its reason
    after_as_of   dated behind the as-of date: not known yet
    erased        of a customer who asked to be erased: counted, and read by nothing
    accepted      goes on to stg_crm__*

  Arguments:
    event     SQL for the row's day, or none when the table has no date that places it in time
    erased    condition for rows of an erased customer, or none
    branches  further `when … then 'code'` branches that need other rows or tables, in the catalogue's order
#}
{% macro row_status(event=none, branches=[], erased=none) %}
        {%- set reason -%}
        case
            when row_reason is not null then row_reason
            {%- if event %}
            -- what is not known yet can be neither right nor wrong
            when {{ event }} > as_of_date then null
            {%- endif %}
            {%- for branch in branches %}
            {{ branch }}
            {%- endfor %}
        end
        {%- endset -%}
        {{ reason }} as reject_reason,
        case
            when {{ reason }} is not null then 'rejected'
            {%- if erased %}
            when {{ erased }} then 'erased'
            {%- endif %}
            {%- if event %}
            when {{ event }} > as_of_date then 'after_as_of'
            {%- endif %}
            else 'accepted'
        end as row_status
{%- endmacro %}


{# Several columns as one readable key: values joined by |. #}
{% macro row_key(columns) %}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- if not loop.first -%}{%- do parts.append("'|'") -%}{%- endif -%}
        {%- do parts.append('cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')') -%}
    {%- endfor -%}
    {{ return(dbt.concat(parts)) }}
{% endmacro %}
