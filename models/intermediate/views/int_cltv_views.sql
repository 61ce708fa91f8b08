-- Lifetime value by every member of every view: what was added up, in whole cents, with the band and the ratios. One
-- shape for all views.
with

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
    from {{ ref('int_view_members') }}
    group by
        view_name,
        shown_member_id

),

rounded as (

    select
        *,
        {%- for column in viewed_money() %}
        cast({{ whole_units(column) }} as {{ money_sum_type() }}) as {{ column }}_rounded,
        {%- endfor %}
        cast({{ whole_units('expected_orders_12m', 6) }} as decimal(28, 6)) as expected_orders_12m_rounded
    from {{ ref('int_view_sums') }}

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
    {{ divide('banded.paid_back_share', 'banded.payback_known_share') }} as paid_back_share,
    paybacks.median_payback_days,
    paybacks.median_payback_reason
from shown
left join banded
    on
        shown.view_name = banded.view_name
        and shown.member_id = banded.member_id
left join {{ ref('int_view_paybacks') }} as paybacks
    on
        shown.view_name = paybacks.view_name
        and shown.member_id = paybacks.member_id
