{# Every value that is not null is at least `value`. #}
{% test at_least(model, column_name, value) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} < {{ value }}
{% endtest %}


{# Every value that is not null is at most `value`. #}
{% test at_most(model, column_name, value) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} > {{ value }}
{% endtest %}


{# A condition that is true of every row; unknown (null) counts as broken. #}
{% test holds_for_every_row(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}


{#
  Nothing is lost: every row of the raw table is in its base model, and every row there was accepted, rejected with a
  reason, erased, or is dated behind the as-of date.
#}
{% test raw_rows_are_accounted_for(model, table) %}
with

raw_rows as (

    {% if crm_table_is_on(table) -%}
    select count(*) as row_count from {{ crm_source(table) }}
    {%- else -%}
    select 0 as row_count
    {%- endif %}

),

accounted as (

    select
        coalesce(sum(case when row_status in ('accepted', 'after_as_of', 'erased') and reject_reason is null then 1 else 0 end), 0)
        + coalesce(sum(case when row_status = 'rejected' and reject_reason is not null then 1 else 0 end), 0) as row_count
    from {{ model }}

)

select
    raw_rows.row_count as raw_rows,
    accounted.row_count as accounted_rows
from raw_rows
cross join accounted
where raw_rows.row_count <> accounted.row_count
{% endtest %}
