{# The ages, in days since the first sale, at which value is held against the cost of winning it. #}
{% macro value_ages() %}{{ return([90, 180, 360, 720]) }}{% endmacro %}


{#
  By what acquisition, payback and value against cost are shown: scope → its members, and which rows belong to it. One
  list, so that every mart shows the same. A cohort is a quarter: months of a small business hold too few customers.
#}
{% macro acquisition_scopes(month='won_month', channel='acquisition_channel', campaign='acquisition_campaign_id') %}
    {{ return({
        'all': {'member': "'all'", 'rows': 'true'},
        'paid': {'member': "'paid'", 'rows': 'is_paid_channel'},
        'channel': {'member': channel, 'rows': 'true'},
        'campaign': {'member': campaign, 'rows': campaign ~ ' is not null'},
        'cohort_quarter': {'member': as_text(quarter_start(month)), 'rows': 'true'},
    }) }}
{% endmacro %}


{#
  Kaplan-Meier: which share of each group is still open after each day of age. Whoever is young counts for as long as they
  were watched, and not as a failure.

  Gives all columns of the relation, and at_risk, paid_back_so_far, log_share, open_share.

  Arguments:
    relation  CTE with the columns of the group, age_days, and how many leave on that day, paid back or not watched any
              longer (leaving), and how many of these are paid back (paid_back); one row per group and day of age, so
              that nothing is sorted customer by customer. Heads or shares of heads
    group     names of the columns that make a group
#}
{% macro open_shares(relation, group) %}
    {%- set of_group = 'partition by ' ~ group | join(', ') -%}
    {%- set rows_so_far = 'rows between unbounded preceding and current row' -%}
    select
        *,
        -- rounded, so that the order of addition shows nowhere
        case when paid_back = at_risk then 0e0 else round(exp(log_share), 12) end as open_share
    from (
        select
            *,
            sum(paid_back) over ({{ of_group }} order by age_days {{ rows_so_far }}) as paid_back_so_far,
            -- the product of the shares that stay
            sum(case when paid_back < at_risk then ln(1e0 - {{ divide('paid_back', 'at_risk') }}) else 0 end)
                over ({{ of_group }} order by age_days {{ rows_so_far }}) as log_share
        from (
            select
                *,
                -- whoever leaves on a day, or later, is watched on it
                sum(leaving) over ({{ of_group }} order by age_days desc {{ rows_so_far }}) as at_risk
            from {{ relation }}
        ) as watched
    ) as multiplied
{% endmacro %}

{# The first day of age on which no more than half are open: the median. Null while more than half still are. #}
{% macro day_of_half(open_share) %}{{ return('min(case when ' ~ open_share ~ ' <= 0.5 then age_days end)') }}{% endmacro %}


{#
  The probability that an amount to come stays below a threshold, from its quantiles: straight lines between them. Below
  the first quantile that is not nought lies the probability that nothing comes at all (alone, where it is .95 or more: no
  quantile says more); beyond p95 what is left fades as 1 / threshold.

  Arguments (SQL expressions; doubles):
    threshold  what must be reached; nought or less always is
    nothing    probability that nothing comes
    quantile   text before the label of a quantile, as in net_revenue_next_12m_
#}
{% macro probability_below(threshold, nothing, quantile) %}
    {%- set levels = {'p05': 0.05, 'p10': 0.10, 'p25': 0.25, 'p50': 0.50, 'p75': 0.75, 'p90': 0.90, 'p95': 0.95} -%}
    case
        when {{ threshold }} <= 0 then 0e0
        when {{ nothing }} >= 0.95e0 then {{ nothing }}
        {%- set before = namespace(label=none, level=0) %}
        {%- for label, level in levels.items() %}
        {%- set value = quantile ~ label %}
        {%- set start = '0e0' if before.label is none else
            '(case when ' ~ before.level ~ 'e0 > ' ~ nothing ~ ' then cast(' ~ quantile ~ before.label ~ ' as ' ~ double_type() ~ ') else 0e0 end)' %}
        {%- set from_level = 'greatest(' ~ before.level ~ 'e0, ' ~ nothing ~ ')' %}
        when {{ level }}e0 > {{ nothing }} and {{ threshold }} <= {{ value }}
            then
                {{ from_level }} + ({{ level }}e0 - {{ from_level }}) * ({{ threshold }} - {{ start }})
                / nullif({{ value }} - {{ start }}, 0)
        {%- set before.label = label %}
        {%- set before.level = level %}
        {%- endfor %}
        else 1e0 - 0.05e0 * {{ quantile }}p95 / {{ threshold }}
    end
{%- endmacro %}
