-- Days on which far more or far less came in than on the same weekday of the twelve weeks before. Only such days are
-- rows. Medians, because the anomalies of the past must not hide those of today.
with

-- money goes by its logarithm: some orders are a hundred times others, and half the usual is as far off as twice
volumes as (

    select
        *,
        case when measure = 'net_revenue' then ln(1 + greatest(volume, 0)) else volume end as scaled_volume
    from {{ ref('int_daily_volumes') }}

),

earlier as (

    select
        volumes.daily_volume_id,
        past.volume as earlier_volume,
        past.scaled_volume as earlier_scaled

    from volumes
    inner join volumes as past
        on
            volumes.table_name = past.table_name
            and volumes.measure = past.measure
            and volumes.day_of_week = past.day_of_week
            and volumes.event_on > past.event_on
            and {{ add_days('volumes.event_on', -84) }} <= past.event_on

),

centres as (

    select
        daily_volume_id,
        count(*) as earlier_days,
        {{ median('earlier_volume') }} as expected_volume,
        {{ median('earlier_scaled') }} as expected_scaled
    from earlier
    group by daily_volume_id
    having count(*) >= 6

),

deviations as (

    select
        centres.daily_volume_id,
        centres.earlier_days,
        centres.expected_volume,
        centres.expected_scaled,
        {{ median('abs(earlier.earlier_scaled - centres.expected_scaled)') }} as median_deviation

    from centres
    inner join earlier
        on centres.daily_volume_id = earlier.daily_volume_id
    group by
        centres.daily_volume_id,
        centres.earlier_days,
        centres.expected_volume,
        centres.expected_scaled

),

-- a run of equal weeks must not make every small change an anomaly: no count is steadier than chance (the deviation
-- of a Poisson count is the root of its mean), and a quarter up or down is nothing for a day's money
scored as (

    select
        volumes.*,
        deviations.earlier_days,
        deviations.expected_volume,
        deviations.median_deviation,
        0.6745e0 * (volumes.scaled_volume - deviations.expected_scaled) / greatest(
            deviations.median_deviation,
            case
                when volumes.measure = 'net_revenue' then 0.25e0
                else greatest(1, 0.6745e0 * sqrt(deviations.expected_scaled))
            end
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
