-- Σ by segment = Σ by channel = Σ of customers, for counts and every kind of value, to the cent.
{% set columns = ['realised_net_revenue'] -%}
{% for basis in value_bases() -%}
{% for label in value_horizons() -%}
{% for method in ['historical', 'simple', 'cohort', 'probabilistic'] -%}
{% do columns.append(method ~ '_' ~ basis ~ '_next_' ~ label) -%}
{% endfor -%}
{% endfor -%}
{% endfor -%}
with

totals as (

    select
        {%- for column in columns %}
        coalesce(sum({{ column }}), 0) as {{ column }},
        {%- endfor %}
        count(*) as customers
    from {{ ref('fct_customer_cltv') }}
    union all
    select
        {%- for column in columns %}
        coalesce(sum({{ column }}), 0) as {{ column }},
        {%- endfor %}
        coalesce(sum(customers), 0) as customers
    from {{ ref('mart_segment_cltv') }}
    union all
    select
        {%- for column in columns %}
        coalesce(sum({{ column }}), 0) as {{ column }},
        {%- endfor %}
        coalesce(sum(customers), 0) as customers
    from {{ ref('mart_channel_cltv') }}

)

select count(distinct customers) as different_counts
from totals
having
    count(distinct customers) > 1
    {%- for column in columns %}
    or count(distinct {{ column }}) > 1
    {%- endfor %}
