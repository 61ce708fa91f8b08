{# Judgements of base tables that look at other rows: columns for the argument `computed` of base_rows(). #}

{# The rank of an answer among those to the same survey, ticket and order on the same day: the last one is 1. #}
{% macro survey_answer_rank() %}
    row_number() over (
        partition by
            case when versions.row_reason is null and versions.version_rank = 1 then versions.customer_id end,
            versions.survey_type,
            versions.ticket_id,
            versions.order_id,
            versions.responded_on
        order by versions.responded_at desc, versions.response_id desc
    )
{%- endmacro %}

{# The lowest (1) or highest (2) score of an answer's scale, written as 1-5; NPS has one without saying so. #}
{% macro scale_bound(place) %}
    coalesce(
        {{ cast_text(dbt.split_part('versions.score_scale', "'-'", place), 'number') }},
        case when lower(versions.survey_type) = 'nps' then {{ 0 if place == 1 else 10 }} end
    )
{%- endmacro %}

{# When the customer's earlier contracts for the same plan end, the latest of them; far away while one still runs. #}
{% macro earlier_contract_end() %}
    max(
        case
            when versions.row_reason is null and versions.version_rank = 1
                then coalesce(versions.ended_on, cast('9999-12-31' as date))
        end
    ) over (
        partition by versions.customer_id, versions.plan
        order by versions.started_on, versions.subscription_id
        rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}

{# Whether a customer was put into one arm of a change or into several (2). #}
{% macro assigned_arms() %}
    case
        when
            min(case when versions.row_reason is null then versions.arm end)
                over (partition by versions.change_id, versions.customer_id)
            <> max(case when versions.row_reason is null then versions.arm end)
                over (partition by versions.change_id, versions.customer_id)
            then 2
        else 1
    end
{%- endmacro %}
