{#
  Which value of a field survives when several CRM ids are one customer:
    first   the oldest record that says anything: how somebody came to us does not change later
    latest  the record changed last that says anything: where they live and what they are called does
#}
{% macro survivorship_rules() %}
    {%- set rules = {} -%}
    {%- for field in ['acquisition_channel', 'acquisition_campaign_id', 'referred_by_customer_id'] -%}
        {%- do rules.update({field: 'first'}) -%}
    {%- endfor -%}
    {%- for field in [
        'sales_rep_id', 'customer_type', 'company', 'industry', 'gender', 'country', 'region', 'city', 'postal_code', 'email',
        'phone', 'first_name', 'last_name', 'birth_date',
    ] -%}
        {%- do rules.update({field: 'latest'}) -%}
    {%- endfor -%}
    {{ return(rules) }}
{% endmacro %}


{#
  The surviving value of a field in a group of records, by its rule; records that say nothing do not count, and of
  records of the same moment the smaller (first) or larger (latest) id decides.
#}
{% macro surviving_value(field, rule) %}
    {%- set moment = 'created_at' if rule == 'first' else 'coalesce(updated_at, created_at)' -%}
    {%- set far = "timestamp '9999-12-31 00:00:00'" if rule == 'first' else "timestamp '0001-01-01 00:00:00'" -%}
    {%- set ordering = 'case when ' ~ field ~ ' is not null then ' ~ row_key(['coalesce(' ~ moment ~ ', ' ~ far ~ ')', 'customer_id']) ~ ' end' -%}
    {{ return(value_at_first(field, ordering) if rule == 'first' else value_at_last(field, ordering)) }}
{% endmacro %}


{# Condition for ids that the variable identity_keep_apart takes out of merging. #}
{% macro is_kept_apart(column) %}
    {%- set texts = [] -%}
    {%- for customer_id in kept_apart_ids() -%}{%- do texts.append("'" ~ sql_text(customer_id) ~ "'") -%}{%- endfor -%}
    {{ return(column ~ ' in (' ~ texts | join(', ') ~ ')' if texts else 'false') }}
{% endmacro %}
