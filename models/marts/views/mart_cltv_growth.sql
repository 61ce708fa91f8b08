-- Average lifetime value at each month's end, and how it has grown since the month and the year before.
with

months as (

    select
        *,
        row_number() over (order by value_month) as months_seen
    from {{ ref('int_value_months') }}

),

running as (

    {% for basis in ladder_bases() -%}
    select
        value_month,
        months_seen,
        '{{ basis }}' as value_basis,
        sum(new_customers) over so_far as customers,
        sum(change_in_active) over so_far as active_customers,
        case when count({{ basis }}) over so_far = months_seen then sum({{ basis }}) over so_far end as value_to_date,
        case when months_seen >= 12 and count({{ basis }}) over last_year = 12 then sum({{ basis }}) over last_year end
            as value_12m
    from months
    window
        so_far as (order by value_month rows between unbounded preceding and current row),
        last_year as (order by value_month rows between 11 preceding and current row)
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}

),

-- what the shown model says now, and would have said then
foreseen as (

    select
        value_month,
        'net_revenue' as value_basis,
        {{ divide('sum(predicted_value)', 'count(*)') }} as average_predicted_next_12m,
        {{ divide('sum(actual_value)', 'count(*)') }} as average_actual_next_12m
    from {{ ref('int_cltv_forecasts') }}
    group by value_month

),

averaged as (

    select
        running.*,
        {{ divide('running.value_to_date', 'running.customers') }} as average_value_to_date,
        case
            when running.active_customers >= {{ minimum_cell_customers() }}
                then {{ divide('running.value_12m', 'running.active_customers') }}
        end as average_value_12m,
        foreseen.average_predicted_next_12m,
        foreseen.average_actual_next_12m

    from running
    left join foreseen
        on
            running.value_month = foreseen.value_month
            and running.value_basis = foreseen.value_basis
    where running.customers >= {{ minimum_cell_customers() }}

),

grown as (

    select
        *
        {%- for average in grown_averages() %}
        {%- for span, months in {'mom': 1, 'yoy': 12}.items() %},
        {{ divide(average, 'lag(' ~ average ~ ', ' ~ months ~ ') over months') }} - 1 as {{ average }}_{{ span }}
        {%- endfor %}
        {%- endfor %}
    from averaged
    window months as (partition by value_basis order by value_month)

)

select
    {{ row_key(['grown.value_month', 'grown.value_basis']) }} as growth_id,
    grown.value_basis,
    cast(grown.customers as {{ dbt.type_bigint() }}) as customers,
    cast(grown.active_customers as {{ dbt.type_bigint() }}) as active_customers,
    cast(grown.value_to_date as {{ money_sum_type() }}) as value_to_date
    {%- for average in grown_averages() %},
    grown.{{ average }},
    grown.{{ average }}_mom,
    grown.{{ average }}_yoy
    {%- endfor %},
    grown.average_actual_next_12m,
    benchmarks.from_value as benchmark_low,
    benchmarks.to_value as benchmark_high,
    case
        when grown.average_value_12m_yoy is null or benchmarks.benchmark_id is null then 'unknown'
        when grown.average_value_12m_yoy < benchmarks.from_value then 'below'
        when grown.average_value_12m_yoy > benchmarks.to_value then 'above'
        else 'within'
    end as growth_status,
    benchmarks.source as benchmark_source,
    grown.value_month,
    {{ month_end('grown.value_month') }} as month_end
from grown
left join {{ ref('benchmarks') }} as benchmarks
    on
        benchmarks.metric = 'clv_growth_yearly'
        and benchmarks.business_model = 'all'
        and benchmarks.industry = 'all'
