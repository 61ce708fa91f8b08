{#
  The views of lifetime value: by segment, channel, … One shape for all, so that one BI template fits them.

  whole_views  view → column of int_customers__viewed: a customer belongs to one member
  split_views  views in which a customer may belong to several members: int_view_credits says how much of whom
#}
{% macro whole_views() %}
    {{ return({
        'segment': 'value_tier',
        'channel': 'acquisition_channel',
        'campaign': 'campaign',
        'region': 'region',
        'customer_type': 'customer_type',
        'plan': 'plan',
    }) }}
{% endmacro %}

{# Views in which a customer may belong to several members; see whole_views. #}
{% macro split_views() %}{{ return(['product', 'category', 'sales_rep']) }}{% endmacro %}

{# Fewest customers that a member of a view may stand for by itself. #}
{% macro minimum_cell_customers() %}{{ return(count_variable('minimum_cell_customers', 1)) }}{% endmacro %}


{# The rungs on which the views state value, and the methods that state it: a cohort's curve knows no cost to serve. #}
{% macro viewed_bases() %}
    {%- set methods = ['historical', 'simple', 'cohort', 'probabilistic'] -%}
    {{ return({
        'net_revenue': methods,
        'gross_margin': methods,
        'contribution': methods | reject('equalto', 'cohort') | list,
    }) }}
{% endmacro %}

{# The money of a customer that the views add up, in the order of their columns. #}
{% macro viewed_money() %}
    {%- set columns = [] -%}
    {%- for basis, methods in viewed_bases().items() -%}
        {%- do columns.append('realised_' ~ basis) -%}
        {%- for label in value_horizons() -%}
            {%- for method in methods -%}{%- do columns.append(method ~ '_' ~ basis ~ '_next_' ~ label) -%}{%- endfor -%}
        {%- endfor -%}
        {%- do columns.append('probabilistic_' ~ basis ~ '_total_12m') -%}
        {%- do columns.append('at_risk_' ~ basis ~ '_next_12m') -%}
    {%- endfor -%}
    {{ return(columns + ['contractual_revenue_next_12m', 'acquisition_cost']) }}
{% endmacro %}


{#
  Value at risk: (1 - P(alive)) × what is expected of the next twelve months of somebody who is still a customer. Of those
  given up for lost, P(alive) below a hundredth, a hundredth counts: rounding would else be blown up.

  Arguments: alias of fct_customer_cltv, and basis.
#}
{% macro at_risk_value(relation, basis) %}
    {%- set alive = relation ~ '.probability_alive' -%}
    {{ return(predicted_money(
        relation ~ '.probabilistic_' ~ basis ~ '_next_12m * (1 - ' ~ alive ~ ') / greatest(' ~ alive ~ ', 0.01e0)'
    )) }}
{% endmacro %}


{# Of these, what int_customers__viewed has beside the members. #}
{% macro placed_money() %}
    {{ return(['realised_net_revenue', 'realised_gross_margin', 'probabilistic_net_revenue_next_12m', 'acquisition_cost']) }}
{% endmacro %}


{#
  An amount of a customer × the share that a member is credited with, in millionths. Realised value is credited by
  itself where the orders say whose it is: net revenue and gross margin. What the customer costs to serve follows the
  share, as all that is expected does.

  Arguments:
    column   one of viewed_money
    credits  alias of int_view_credits
#}
{% macro credited_amount(column, credits) %}
    {%- set part = ' * cast(' ~ credits ~ '.share_millionths as decimal(9, 0))' -%}
    {%- if column in ('realised_net_revenue', 'realised_gross_margin') -%}
        {{ return(credits ~ '.' ~ column ~ ' * cast(1000000 as decimal(9, 0))') }}
    {%- elif column == 'realised_contribution' -%}
        {{ return(
            credited_amount('realised_gross_margin', credits)
            ~ ' - (customers.realised_gross_margin - customers.realised_contribution)' ~ part
        ) }}
    {%- elif column.startswith('probabilistic_') and column.endswith('_total_12m') -%}
        {%- set basis = column.replace('probabilistic_', '').replace('_total_12m', '') -%}
        {{ return(
            credited_amount('realised_' ~ basis, credits) ~ ' + customers.probabilistic_' ~ basis ~ '_next_12m' ~ part
        ) }}
    {%- endif -%}
    {{ return('customers.' ~ column ~ part) }}
{% endmacro %}


{#
  Sum over the customers of a group, in millionths. Whoever belongs to the member as a whole is added up first: the same
  number, with one wide product for the group and not one for each customer.

  Arguments:
    column     a number of `customers`
    credits    alias of int_view_credits, or none where a customer belongs to the member as a whole
    condition  SQL condition on the customers that count, or none
#}
{% macro sum_in_millionths(column, credits=none, condition=none) %}
    {%- set amount = credited_amount(column, credits) if credits else 'customers.' ~ column -%}
    {%- if condition -%}{%- set amount = 'case when ' ~ condition ~ ' then ' ~ amount ~ ' end' -%}{%- endif -%}
    {{ return('sum(' ~ amount ~ ')' ~ ('' if credits else ' * cast(1000000 as decimal(9, 0))')) }}
{% endmacro %}


{#
  Sums over the customers of a group, in millionths: each customer counts for as many as they are credited with. Exact,
  since amounts are whole cents and shares whole millionths.

  Argument: alias of int_view_credits, or none where a customer belongs to the member as a whole.
#}
{% macro view_sums(credits=none) %}
    count(*) as customers,
    {{ count_if('customers.is_buyer') }} as buyers,
    {{ count_if('customers.is_repeat_buyer') }} as repeat_buyers,
    {{ count_if('customers.is_predicted') }} as predicted_customers,
    {{ count_if('customers.bought_year_before') }} as customers_before,
    {%- for name, condition in view_shares().items() %}
    {%- if credits %}
    sum(case when {{ condition }} then {{ credits }}.share_millionths else 0 end) as {{ name }}_share,
    {%- else %}
    1000000 * {{ count_if(condition) }} as {{ name }}_share,
    {%- endif %}
    {%- endfor %}
    {%- for column in viewed_money() %}
    {%- if column in ('realised_gross_margin', 'realised_contribution') %}
    -- a total without one of its costs is not a total
    case when count({{ credited_amount(column, credits) if credits else 'customers.' ~ column }}) = count(*)
        then {{ sum_in_millionths(column, credits) }} end as {{ column }},
    {%- else %}
    {{ sum_in_millionths(column, credits) }} as {{ column }},
    {%- endif %}
    {%- endfor %}
    -- the two sides of LTV:CAC, of the customers of whom both are known
    {%- set lifetime = 'probabilistic_contribution_total_12m' %}
    {{ sum_in_millionths(lifetime, credits, 'customers.acquisition_cost is not null') }} as lifetime_of_costed,
    {{ sum_in_millionths('acquisition_cost', credits, 'customers.' ~ lifetime ~ ' is not null') }} as cost_of_valued,
    {{ sum_in_millionths('expected_orders_12m', credits) }} as expected_orders_12m,
    {{ sum_in_millionths('probability_alive', credits) }} as alive,
    -- exact as well: a sum of doubles depends on the order of its rows
    {%- set deviation = 'customers.next_12m_deviation' ~ (' * ' ~ credits ~ '.share_millionths / 1e6' if credits else '') %}
    sum(cast(power({{ deviation }}, 2) as decimal(38, 2))) as next_12m_variance
{%- endmacro %}

{# Shares of the heads of a group that ratios are made of: name → condition. #}
{% macro view_shares() %}
    {{ return({
        'credited': 'true',
        'predicted': 'customers.is_predicted',
        'top_tier': 'customers.is_top_tier',
        'before': 'customers.bought_year_before',
        'retained': 'customers.is_retained',
        'costed': 'customers.acquisition_cost is not null',
        'payback_known': 'customers.is_paid_back is not null',
        'paid_back': 'customers.is_paid_back',
        'contributing': 'customers.probabilistic_contribution_next_12m is not null',
    }) }}
{% endmacro %}


{#
  Sums in millionths to whole units, so that the members of a view add up to what all customers have: each gets its
  whole units, and those left over go to the members that lost most by rounding down (ties: by name). Whole numbers all
  the way.

  Arguments:
    column    sum of amounts × millionths
    decimals  how many decimals the amounts have: 2 for money
#}
{% macro whole_units(column, decimals=2) %}
    {%- set units = 10 ** decimals -%}
    {#- a decimal has 38 digits, of which the product takes as many as its factors have together -#}
    {%- set room = 'cast(' ~ column ~ ' as decimal(' ~ (37 - decimals) ~ ', ' ~ decimals ~ '))' -%}
    {%- set millionths = 'cast(' ~ room ~ ' * ' ~ units ~ ' as ' ~ wide_integer_type() ~ ')' -%}
    {%- set lost = '((' ~ millionths ~ ' % 1000000 + 1000000) % 1000000)' -%}
    {%- set place = 'row_number() over (partition by view_name order by ' ~ lost ~ ' desc nulls last, member_id)' -%}
    {%- set left_over = 'sum(' ~ lost ~ ') over (partition by view_name) / 1000000' -%}
    {{ return(
        '(cast(round((' ~ millionths ~ ' - ' ~ lost ~ ') / 1000000, 0) as ' ~ dbt.type_bigint() ~ ') + case when '
        ~ place ~ ' <= ' ~ left_over ~ ' then 1 else 0 end) * cast(1e-' ~ decimals ~ ' as decimal(' ~ (decimals + 1) ~ ', ' ~ decimals ~ '))'
    ) }}
{% endmacro %}


{#
  The small-cell rule: members with fewer than `minimum_cell_customers` customers become one member, and while it stands
  for fewer itself the smallest of the others joins it. So every member of a view stands for enough customers, and so
  does whatever is left when any of them are taken off the total.

  A customer may be in several of the members that are merged, and counts once there. So the merged are measured by
  their customers' shares: whoever is in some of them has no more than one share in all, so that these are never more
  than there are customers.

  Gives all columns of the relation, and is_merged.

  Arguments:
    relation   CTE with view_name, member_id, customers, credited_customers
    partition  column by which cells are merged apart from each other
    merged_id  SQL expression of the name that merged members get; a member that has this name already goes first
#}
{% macro small_cells_merged(relation, partition, merged_id) %}
    select
        *,
        small_cells > 0 and (
            is_preset = 1
            or (cell_place = preset_cells + 1 and held < {{ minimum_cell_customers() }} and customers > 0)
        ) as is_merged
    from (
        select
            *,
            sum(is_preset) over (partition by {{ partition }}) as preset_cells,
            sum(is_small) over (partition by {{ partition }}) as small_cells,
            sum(is_preset * case when is_small = 1 then credited_customers else customers end)
                over (partition by {{ partition }}) as held,
            row_number() over (
                partition by {{ partition }}
                order by is_preset desc, case when customers > 0 then 0 else 1 end, customers, member_id
            ) as cell_place
        from (
            select
                *,
                case when {{ is_small_cell('customers') }} then 1 else 0 end as is_small,
                case when {{ is_small_cell('customers') }} or member_id = {{ merged_id }} then 1 else 0 end as is_preset
            from {{ relation }}
        ) as judged
    ) as counted
{% endmacro %}

{# A number of customers that is too small to be shown, and yet somebody. #}
{% macro is_small_cell(customers) %}
    {{ return(customers ~ ' > 0 and ' ~ customers ~ ' < ' ~ minimum_cell_customers()) }}
{% endmacro %}


{# The columns of a view, in their order: the same for all. #}
{% macro cltv_view_columns() %}
    {%- set columns = ['view_name', 'member_id', 'member_name', 'member_group', 'member_rank', 'merged_members'] -%}
    {%- set columns = columns + ['customers', 'credited_customers', 'buyers', 'repeat_buyers', 'predicted_customers'] -%}
    {%- set columns = columns + viewed_money() -%}
    {%- set columns = columns + ['probabilistic_net_revenue_next_12m_lower', 'probabilistic_net_revenue_next_12m_upper'] -%}
    {%- do columns.append('expected_orders_12m') -%}
    {%- for basis in viewed_bases() -%}
        {%- for value in averaged_values(basis) -%}{%- do columns.append('average_' ~ value) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(columns + [
        'average_probability_alive', 'repeat_rate', 'yearly_retention', 'top_tier_share', 'average_acquisition_cost',
        'contribution_to_acquisition_cost', 'paid_back_share', 'median_payback_days', 'median_payback_reason',
    ]) }}
{% endmacro %}

{# Values that are also shown per customer → the share of heads that they are divided by. #}
{% macro averaged_values(basis) %}
    {%- set predicted = 'contributing' if basis == 'contribution' else 'predicted' -%}
    {{ return({
        'realised_' ~ basis: 'credited',
        'probabilistic_' ~ basis ~ '_next_12m': predicted,
        'probabilistic_' ~ basis ~ '_total_12m': predicted,
    }) }}
{% endmacro %}

{# One view as a mart: its members, with the columns that all views have. #}
{% macro cltv_view(view_name) %}
select
    {%- for column in cltv_view_columns() %}
    {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('int_cltv_views') }}
where view_name = '{{ view_name }}'
{%- endmacro %}

{# The name under which the small products of a category are shown. #}
{% macro merged_product_id(category) %}
    {{ return("case when " ~ category ~ " = 'other' then 'other' else 'other_' || " ~ category ~ " end") }}
{% endmacro %}

{#
  One end of the band of a member's total: what all customers' total may be off by, widened by the chance that lies in
  the member's own customers. The two are independent, so their squares add up.

  Argument: lower or upper.
#}
{% macro view_band(side) %}
    {%- set common = 'banded.common_' ~ side -%}
    {%- set distance = 'abs(' ~ common ~ ' - banded.probabilistic_net_revenue_next_12m_rounded)' -%}
    {%- set added = '(sqrt(power(' ~ distance ~ ', 2) + power(1.645e0, 2) * cast(banded.next_12m_variance as ' ~ double_type() ~ ')) - ' ~ distance ~ ')' -%}
    {%- set end = common ~ (' - ' if side == 'lower' else ' + ') ~ added -%}
    {#- the greatest of nought and nothing would be nought -#}
    {%- if side == 'lower' -%}{%- set end = 'case when ' ~ common ~ ' is not null then greatest(0, ' ~ end ~ ') end' -%}{%- endif -%}
    {{ return('cast(' ~ end ~ ' as ' ~ money_sum_type() ~ ')') }}
{% endmacro %}

{# The averages whose growth is shown. #}
{% macro grown_averages() %}{{ return(['average_value_to_date', 'average_value_12m', 'average_predicted_next_12m']) }}{% endmacro %}
