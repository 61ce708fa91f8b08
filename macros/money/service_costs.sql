{# What cost to serve is shown by: family → the drivers of the table cost_rates that it adds up. #}
{% macro service_cost_families() %}
    {{ return({
        'ticket': ['ticket', 'ticket_minute'],
        'contact': ['contact', 'contact_minute'],
        'message': ['message'],
        'return': ['return', 'chargeback'],
        'loyalty': ['loyalty_point'],
    }) }}
{% endmacro %}


{#
  One kind of service as rows of int_service_uses: a select statement.

  Arguments:
    relation     CTE with source_key, customer_key and used_on
    cost_driver  SQL: the driver of the table cost_rates
    channel      SQL: the channel whose rate goes first; none is the rate for all
    quantity     SQL: units of the driver; rows with none or nothing of it have no cost. None is one
    own_cost     SQL: what the row itself says it cost, in the reporting currency; none where rows never say
#}
{% macro service_use(relation, cost_driver, channel=none, quantity=none, own_cost=none) %}
    select
        source_key,
        customer_key,
        used_on,
        {{ cost_driver }} as cost_driver,
        {{ channel or "'all'" }} as channel,
        cast({{ quantity or 1 }} as {{ double_type() }}) as quantity,
        cast({{ own_cost or 'null' }} as {{ double_type() }}) as own_cost

    from {{ relation }}
    {%- if quantity %}
    where {{ quantity }} > 0{{ ' or ' ~ own_cost ~ ' > 0' if own_cost }}
    {%- endif %}
{%- endmacro %}
