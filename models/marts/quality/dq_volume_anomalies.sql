-- Days on which far more or far less came in than on the same weekday of the twelve weeks before. Only such days are
-- rows. Medians, because the anomalies of the past must not hide those of today.
with

volumes as (

    select * from {{ ref('int_daily_volumes') }}

),

earlier as (

    select
        volumes.daily_volume_id,
        volumes.volume,
        before.volume as earlier_volume

    from volumes
    inner join volumes as before
        on
            volumes.table_name = before.table_name
            and volumes.measure = before.measure
            and volumes.day_of_week = before.day_of_week
            and before.event_on < volumes.event_on
            and before.event_on >= {{ add_days('volumes.event_on', -84) }}

),

centres as (

    select
        daily_volume_id,
        count(*) as earlier_days,
        {{ median('earlier_volume') }} as expected_volume
    from earlier
    group by daily_volume_id
    having count(*) >= 6

),

deviations as (

    select
        centres.daily_volume_id,
        centres.earlier_days,
        centres.expected_volume,
        {{ median('abs(earlier.earlier_volume - centres.expected_volume)') }} as median_deviation

    from centres
    inner join earlier
        on centres.daily_volume_id = earlier.daily_volume_id
    group by
        centres.daily_volume_id,
        centres.earlier_days,
        centres.expected_volume

),

-- counts cannot be steadier than chance (a Poisson count's deviation is the root of its mean), money not than a
-- quarter of itself: a run of equal weeks must not make every small change an anomaly
scored as (

    select
        volumes.*,
        deviations.earlier_days,
        deviations.expected_volume,
        deviations.median_deviation,
        0.6745e0 * (volumes.volume - deviations.expected_volume) / greatest(
            deviations.median_deviation,
            case
                when volumes.measure = 'net_revenue' then 0.25e0 * abs(deviations.expected_volume)
                else 0.6745e0 * sqrt(deviations.expected_volume)
            end,
            1
        ) as robust_z

    from volumes
    inner join deviations
        on volumes.daily_volume_id = deviations.daily_volume_id

)

select
    daily_volume_id as volume_anomaly_id,
    table_name,
    measure,
    event_on,
    cast(day_of_week as integer) as day_of_week,
    volume,
    expected_volume,
    median_deviation,
    cast(earlier_days as integer) as earlier_days,
    robust_z,
    case when robust_z < 0 then 'low' else 'high' end as direction
from scored
where abs(robust_z) > 3.5
