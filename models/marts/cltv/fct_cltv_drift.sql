-- Has the business moved away from its models: inputs, what the parameters foresee, and earlier forecasts against what
-- came.
with

figures as (

    select
        drift_kind,
        figure_name,
        case drift_kind when 'parameter' then 'orders' end as measure,
        value_before,
        value_now,
        distance,
        true as is_newest,
        case drift_kind
            when 'input'
                then
                    'mean ' || figure_name || ' ' || {{ number_text('value_before', 2) }} || ' a month ago, '
                    || {{ number_text('value_now', 2) }} || ' now'
            else
                {{ number_text('value_now') }} || ' orders expected of today''s customers in 365 days by today''s fit, '
                || {{ number_text('value_before') }} || ' by that of a month ago'
        end as finding
    from {{ ref('int_cltv_drift_figures') }}

    union all

    select
        'forecast' as drift_kind,
        forecast_check_id as figure_name,
        measure,
        expected as value_before,
        actual as value_now,
        case when expected > 0 then greatest(0, abs(actual - expected) - chance) / expected end as distance,
        is_newest,
        case measure when 'orders' then '' else 'net revenue: ' end
        || {{ number_text('actual') }} || case measure when 'orders' then ' orders' else '' end
        || ' came of ' || {{ number_text('expected') }} || ' foreseen as of ' || {{ as_text('forecast_date') }}
        || ' for ' || {{ as_text('horizon_days') }} || ' days' as finding
    from {{ ref('int_forecast_checks') }}

),

judged as (

    select
        figures.*,
        rules.hold_below,
        rules.refit_from,
        rules.meaning,
        -- what came of an older forecast says nothing about the models of today
        case
            when not figures.is_newest then 'past'
            when figures.distance is null then 'unknown'
            when figures.distance < rules.hold_below then 'hold'
            when figures.distance < rules.refit_from then 'alert'
            else 'refit'
        end as drift_status
    from figures
    inner join {{ ref('drift_rules') }} as rules
        on figures.drift_kind = rules.drift_kind

)

select
    {{ row_key(['judged.drift_kind', 'judged.figure_name']) }} as drift_id,
    judged.drift_kind,
    judged.figure_name,
    judged.value_before,
    judged.value_now,
    judged.distance,
    judged.hold_below,
    judged.refit_from,
    judged.drift_status,
    judged.finding
    || case
        when judged.distance is null then ': nothing to compare with'
        when judged.drift_kind = 'input'
            then
                '; stability index ' || {{ number_text('judged.distance', 3) }}
                || '; hold below ' || {{ number_text('judged.hold_below', 3) }}
                || ', refit from ' || {{ number_text('judged.refit_from', 3) }}
        else
            ': ' || {{ percent(divide('abs(judged.value_now - judged.value_before)', 'judged.value_before'), 1) }}
            || case
                when judged.value_now >= judged.value_before then ' more'
                when judged.measure = 'orders' then ' fewer'
                else ' less'
            end
            || ', ' || {{ percent('judged.distance', 1) }} || ' beyond what chance explains'
            || '; hold below ' || {{ percent('judged.hold_below', 1) }}
            || ', refit from ' || {{ percent('judged.refit_from', 1) }}
    end
    || case when judged.drift_status = 'past' then '; past: a newer forecast has come due since' else '' end
        as drift_reason,
    judged.meaning as distance_meaning,
    as_of.as_of_date
from judged
cross join {{ ref('base_crm__as_of') }} as as_of
