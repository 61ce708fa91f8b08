{# The methods in the order in which the bridge crosses them. #}
{% macro bridged_methods() %}{{ return(['simple', 'historical', 'cohort', 'probabilistic']) }}{% endmacro %}


{#
  The steps of the bridge between the methods: number → (which customers, amount). Numbers, names and meanings are in
  the seed method_bridge_steps. A customer whom a method cannot value is one who leaves the bridge or comes in.

  Arguments: basis and horizon. The relation has a column for each method, and three stages in between: pooled (what is
  usual at the customer's age), if_alive (own purchases of an average value, nobody lost), expected (the same times
  P(alive)).
#}
{% macro bridge_steps(basis, label) %}
    {%- set values = {} -%}
    {%- for method in bridged_methods() -%}
        {%- do values.update({method: method ~ '_' ~ basis ~ '_next_' ~ label}) -%}
    {%- endfor -%}
    {%- set stages = {} -%}
    {%- for stage in ['pooled', 'if_alive', 'expected'] -%}
        {%- do stages.update({stage: stage ~ '_' ~ basis ~ '_' ~ label}) -%}
    {%- endfor -%}
    {%- set steps = {} -%}
    {%- for method in bridged_methods()[:3] -%}
        {%- set before, after = values[method], values[bridged_methods()[loop.index]] -%}
        {%- set both = before ~ ' is not null and ' ~ after ~ ' is not null' -%}
        {%- set ways = {
            'simple': [after],
            'historical': [stages['pooled'], after],
            'cohort': [stages['if_alive'], stages['expected'], after],
        }[method] -%}
        {%- do steps.update({steps | length + 1: (before ~ ' is not null and ' ~ after ~ ' is null', '-' ~ before)}) -%}
        {%- for stage in ways -%}
            {%- set previous = before if loop.first else ways[loop.index0 - 1] -%}
            {%- do steps.update({steps | length + 1: (both, stage ~ ' - ' ~ previous)}) -%}
        {%- endfor -%}
        {%- do steps.update({steps | length + 1: (before ~ ' is null and ' ~ after ~ ' is not null', after)}) -%}
    {%- endfor -%}
    {{ return(steps) }}
{% endmacro %}

{# The steps' amounts and customers, summed over a group. #}
{% macro bridge_sums(basis, label) %}
    {%- for number, (condition, amount) in bridge_steps(basis, label).items() %}
    sum(case when {{ condition }} then {{ amount }} else 0 end) as amount_{{ number }}_{{ basis }}_{{ label }},
    {{ count_if(condition) }} as customers_{{ number }}_{{ basis }}_{{ label }},
    {%- endfor %}
    sum(coalesce(simple_{{ basis }}_next_{{ label }}, 0)) as start_{{ basis }}_{{ label }}
{%- endmacro %}
