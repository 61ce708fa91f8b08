-- What is added up over the customers of every member of every view as it is shown, in millionths and exact: one pass
-- over the customers and their credits.
with

-- all that is added up, for each customer
customers as (

    select
        viewed.*,
        values_ahead.probabilistic_net_revenue_next_12m is not null as is_predicted,
        {%- for column in viewed_money() %}
        {%- if not column.startswith('at_risk_') and column not in placed_money() %}
        values_ahead.{{ column }},
        {%- endif %}
        {%- endfor %}
        {%- for basis in viewed_bases() %}
        {{ at_risk_value('values_ahead', basis) }} as at_risk_{{ basis }}_next_12m,
        {%- endfor %}
        values_ahead.expected_orders_12m,
        cast(values_ahead.probability_alive as decimal(9, 6)) as probability_alive,
        -- nine of ten customers end between p05 and p95, as do nine of ten draws of a bell within ± 1.645 deviations
        (values_ahead.net_revenue_next_12m_p95 - values_ahead.net_revenue_next_12m_p05) / 3.29e0 as next_12m_deviation

    from {{ ref('int_customers__viewed') }} as viewed
    inner join {{ ref('fct_customer_cltv') }} as values_ahead
        on viewed.customer_key = values_ahead.customer_key

),

placed as (

    select
        credits.view_name,
        members.shown_member_id as member_id,
        members.is_merged,
        credits.customer_key,
        credits.share_millionths,
        credits.realised_net_revenue,
        credits.realised_gross_margin
    from {{ ref('int_view_credits') }} as credits
    inner join {{ ref('int_view_members') }} as members
        on
            credits.view_name = members.view_name
            and credits.member_id = members.member_id

),

-- a customer of several members that are shown together is one customer of what is shown; of all others nothing needs
-- to be added up
credits as (

    select
        view_name,
        member_id,
        customer_key,
        share_millionths,
        realised_net_revenue,
        realised_gross_margin
    from placed
    where not is_merged

    union all

    select
        view_name,
        member_id,
        customer_key,
        sum(share_millionths) as share_millionths,
        sum(realised_net_revenue) as realised_net_revenue,
        {{ sum_if_complete('realised_gross_margin') }} as realised_gross_margin
    from placed
    where is_merged
    group by
        view_name,
        member_id,
        customer_key

),

summed as (

    {% for view_name, column in whole_views().items() -%}
    select
        '{{ view_name }}' as view_name,
        members.shown_member_id as member_id,
        {{ view_sums() }}
    from customers
    inner join {{ ref('int_view_members') }} as members
        on
            members.view_name = '{{ view_name }}'
            and customers.{{ column }} = members.member_id
    group by members.shown_member_id

    union all

    {% endfor -%}
    select
        credits.view_name,
        credits.member_id,
        {{ view_sums('credits') }}
    from credits
    inner join customers
        on credits.customer_key = customers.customer_key
    group by
        credits.view_name,
        credits.member_id

)

select
    {{ row_key(['view_name', 'member_id']) }} as view_member_id,
    summed.*
from summed
