-- Every raw row, typed once, with what became of it.
with

rows_read as (

    {{ typed_crm_rows('campaign_spend') }}

),

flagged as (

    select
        rows_read.*,
        as_of.as_of_date,
        case
            {{ contract_reasons('campaign_spend') }}
            when amount < 0 then 'negative_amount'
        end as row_reason

    from rows_read
    cross join {{ ref('base_crm__as_of') }} as as_of

),

versions as (

    {{ ranked_versions('flagged', 'campaign_spend') }}

),

joined as (

    select
        versions.*,
        {{ row_rate('versions.currency') }} as rate_to_reporting

    from versions
    left join {{ ref('base_crm__exchange_rate_days') }} as rate_days
        on
            versions.currency = rate_days.currency
            and versions.spend_date = rate_days.rate_on

),

checked as (

    select
        *,
        {{ row_status('spend_date', [
            "when version_rank > 1 then 'superseded_duplicate'",
            "when rate_to_reporting is null then 'no_rate'",
        ]) }}

    from joined

)

select {{ base_columns('campaign_spend', ['rate_to_reporting']) }}
from checked
