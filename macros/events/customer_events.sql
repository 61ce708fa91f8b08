{#
  One source's events, with the CRM id that they belong to: a select statement with one row per event.

  Arguments (the source has the alias `events`; none is a typed null):
    relation      the source, one row per event, with customer_id
    event_type    SQL: what happened
    source_table  raw table that the event comes from
    source_key    name of its key column
    event_on      name of the column with the business day
    event_at      name of the column with the moment, UTC; none where the source knows only the day
    channel       SQL: by which way
    direction     SQL: inbound (the customer came to us) or outbound (we went to the customer)
    condition     which rows are events; none is all
#}
{% macro customer_events(relation, event_type, source_table, source_key, event_on, event_at=none, channel=none, direction=none, condition=none) %}
    select
        events.customer_id,
        {{ event_type }} as event_type,
        '{{ source_table }}' as source_table,
        events.{{ source_key }} as source_key,
        {{ 'lower(' ~ channel ~ ')' if channel else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as channel,
        {{ direction if direction else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as direction,
        events.{{ event_on }} as event_on,
        {{ "events." ~ event_at if event_at else 'cast(null as ' ~ dbt.type_timestamp() ~ ')' }} as event_at

    from {{ relation }} as events
    {%- if condition %}
    where {{ condition }}
    {%- endif %}
{%- endmacro %}


{#
  Events of CRM ids as events of customers: ids that were merged count for the same one, and what belongs to nobody known
  has no row. All sources are joined at once, since each join would build its own table of all customers.

  Arguments: relation, CTE with the rows of customer_events().
#}
{% macro keyed_events(relation) %}
    select
        {{ row_key(['event_type', 'source_key']) }} as event_id,
        customer_keys.customer_key,
        {{ relation }}.event_type,
        {{ relation }}.source_table,
        {{ relation }}.source_key,
        {{ relation }}.channel,
        {{ relation }}.direction,
        {{ relation }}.event_on,
        {{ relation }}.event_at

    from {{ relation }}
    inner join {{ ref('int_customers__keys') }} as customer_keys
        on {{ relation }}.customer_id = customer_keys.customer_id
{%- endmacro %}


{# A contact's direction as one of two words; any other text stays as it is, in lower case. #}
{% macro contact_direction(direction) %}
    case
        when lower({{ direction }}) in ('inbound', 'incoming', 'in') then 'inbound'
        when lower({{ direction }}) in ('outbound', 'outgoing', 'out') then 'outbound'
        else lower({{ direction }})
    end
{%- endmacro %}
