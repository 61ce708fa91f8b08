-- One rate for every day and currency: the last one on or before the day, for as long as it holds.
with

rates as (

    select * from {{ ref('base_crm__exchange_rates') }}
    where row_status = 'accepted'

),

periods as (

    select
        currency,
        rate_date,
        rate_to_reporting,
        lead(rate_date) over (partition by currency order by rate_date) as next_rate_date

    from rates

),

-- a rate older than this many days says nothing about today: such rows are rejected as no_rate
days as (

    select
        periods.currency,
        {{ add_days('periods.rate_date', 'steps.n') }} as rate_on,
        periods.rate_to_reporting

    from periods
    inner join {{ numbers(count_variable('rate_valid_days')) }} as steps
        on
            periods.next_rate_date is null
            or {{ add_days('periods.rate_date', 'steps.n') }} < periods.next_rate_date

)

select
    {{ row_key(['currency', 'rate_on']) }} as rate_day_id,
    currency,
    rate_on,
    rate_to_reporting
from days
