-- Lifetime value by every member of every view: one shape, one pass over the customers and their credits.
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

members as (

    select * from {{ ref('int_view_members') }}

),

shown as (

    select
        view_name,
        shown_member_id as member_id,
        -- a long list of names is no name
        case
            when max(case when is_merged then 1 else 0 end) = 0 then max(member_name)
            when count(*) <= 5 then 'other: ' || {{ joined_texts('member_name') }}
            else 'other: ' || {{ as_text('count(*)') }} || ' members'
        end as member_name,
        max(member_group) as member_group,
        min(tier_rank) as tier_rank,
        max(case when is_merged then 1 else 0 end) as is_merged,
        count(*) as merged_members
    from members
    group by
        view_name,
        shown_member_id

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
    inner join members
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
        {{ view_sums('1000000') }}
    from customers
    inner join members
        on
            members.view_name = '{{ view_name }}'
            and customers.{{ column }} = members.member_id
    group by members.shown_member_id

    union all

    {% endfor -%}
    {% for view_name in split_views() -%}
    select
        '{{ view_name }}' as view_name,
        credits.member_id,
        {{ view_sums('credits.share_millionths', 'credits') }}
    from credits
    inner join customers
        on credits.customer_key = customers.customer_key
    where credits.view_name = '{{ view_name }}'
    group by credits.member_id
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}

),

rounded as (

    select
        *,
        {%- for column in viewed_money() %}
        cast({{ whole_units(column) }} as {{ money_sum_type() }}) as {{ column }}_rounded,
        {%- endfor %}
        cast({{ whole_units('expected_orders_12m', 6) }} as decimal(28, 6)) as expected_orders_12m_rounded
    from summed

),

-- how far totals were off in the back-tests, and what chance adds in a group of few
banded as (

    select
        rounded.*,
        choice.value_ratio_lower * rounded.probabilistic_net_revenue_next_12m_rounded as common_lower,
        choice.value_ratio_upper * rounded.probabilistic_net_revenue_next_12m_rounded as common_upper,
        retention.retention_reason is null and rounded.customers_before >= {{ [20, minimum_cell_customers()] | max }}
            as has_retention

    from rounded
    cross join {{ ref('int_yearly_retention') }} as retention
    left join {{ ref('int_prediction_choice') }} as choice
        on choice.is_fitted

)

select
    ---------- ids
    {{ row_key(['shown.view_name', 'shown.member_id']) }} as view_member_id,
    shown.view_name,
    shown.member_id,

    ---------- texts
    shown.member_name,
    shown.member_group,

    ---------- numbers
    cast(row_number() over (
        partition by shown.view_name
        order by
            shown.is_merged asc,
            shown.tier_rank asc nulls last,
            banded.realised_net_revenue_rounded desc nulls last,
            shown.member_id asc
    ) as integer) as member_rank,
    cast(shown.merged_members as integer) as merged_members,
    {%- for column in ['customers', 'buyers', 'repeat_buyers', 'predicted_customers'] %}
    cast(coalesce(banded.{{ column }}, 0) as {{ dbt.type_bigint() }}) as {{ column }},
    {%- endfor %}
    cast(coalesce(banded.credited_share, 0) * cast(0.000001 as decimal(7, 6)) as decimal(28, 6)) as credited_customers,
    {%- for column in viewed_money() %}
    {%- set amount = 'banded.' ~ column ~ '_rounded' %}
    {%- if column.startswith('realised_') %}
    case when banded.customers is null then 0 else {{ amount }} end as {{ column }},
    {%- else %}
    {{ amount }} as {{ column }},
    {%- endif %}
    {%- endfor %}
    {{ view_band('lower') }} as probabilistic_net_revenue_next_12m_lower,
    {{ view_band('upper') }} as probabilistic_net_revenue_next_12m_upper,
    banded.expected_orders_12m_rounded as expected_orders_12m,
    {%- for basis in viewed_bases() %}
    {%- for value, heads in averaged_values(basis).items() %}
    {{ divide('1000000 * banded.' ~ value ~ '_rounded', 'banded.' ~ heads ~ '_share') }} as average_{{ value }},
    {%- endfor %}
    {%- endfor %}
    {{ divide('banded.alive', 'banded.predicted_share') }} as average_probability_alive,
    {{ divide('banded.repeat_buyers', 'banded.buyers') }} as repeat_rate,
    case when banded.has_retention then {{ divide('banded.retained_share', 'banded.before_share') }} end
        as yearly_retention,
    {{ divide('banded.top_tier_share', 'banded.credited_share') }} as top_tier_share,
    {{ divide('1000000 * banded.acquisition_cost_rounded', 'banded.costed_share') }} as average_acquisition_cost,
    {{ divide('banded.lifetime_of_costed', 'banded.cost_of_valued') }} as contribution_to_acquisition_cost,
    {{ divide('banded.paid_back_share', 'banded.payback_known_share') }} as paid_back_share
from shown
left join banded
    on
        shown.view_name = banded.view_name
        and shown.member_id = banded.member_id
