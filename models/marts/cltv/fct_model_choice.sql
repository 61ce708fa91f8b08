-- Which family of models fits which customers, and why: with a contract or without one, free to buy on any day or only
-- at set times. The grade of what is shown stands beside it.
with

contracts as (

    select distinct customer_key from {{ ref('int_subscriptions__known') }}

),

gaps as (

    select
        covariates.customer_type,
        purchase_days.days_since_previous as gap_days
    from {{ ref('int_customers__purchase_days') }} as purchase_days
    inner join {{ ref('int_customers__covariates') }} as covariates
        on purchase_days.customer_key = covariates.customer_key
    where purchase_days.days_since_previous is not null

),

usual as (

    select
        customer_type,
        {{ median('gap_days') }} as usual_gap_days,
        count(*) as gaps
    from gaps
    group by customer_type

),

-- where customers can only buy at set times, gaps are whole multiples of the usual one
periodic as (

    select
        usual.customer_type,
        max(usual.usual_gap_days) as usual_gap_days,
        max(usual.gaps) as gaps,
        avg(case
            when
                gaps.gap_days >= usual.usual_gap_days - 3
                and abs(gaps.gap_days - usual.usual_gap_days * round(gaps.gap_days / usual.usual_gap_days)) <= 3
                then 1e0
            else 0e0
        end) as periodic_gap_share

    from usual
    inner join gaps
        on usual.customer_type = gaps.customer_type
    group by usual.customer_type

),

populations as (

    select
        coalesce(customers.customer_type, 'unknown') as customer_type,
        contracts.customer_key is not null as has_contract,
        count(*) as customers
    from {{ ref('dim_customers') }} as customers
    left join contracts
        on customers.customer_key = contracts.customer_key
    group by
        coalesce(customers.customer_type, 'unknown'),
        contracts.customer_key is not null

),

judged as (

    select
        populations.*,
        periodic.usual_gap_days,
        periodic.periodic_gap_share,
        coalesce(
            periodic.gaps >= 30 and periodic.usual_gap_days >= 28 and periodic.periodic_gap_share >= 0.6, false
        ) as is_discrete
    from populations
    left join periodic
        on populations.customer_type = periodic.customer_type

)

select
    {{ row_key(['judged.customer_type', 'judged.has_contract']) }} as model_choice_id,
    judged.customer_type,
    judged.has_contract,
    cast(judged.customers as {{ dbt.type_bigint() }}) as customers,
    case
        when judged.has_contract then 'contractual'
        when judged.is_discrete then 'discrete'
        else 'continuous'
    end as model_family,
    case
        when judged.has_contract then 'the end of a contract is seen: survival by plan; orders beside it as without one'
        when judged.is_discrete then 'purchases come at set times: BG/BB, in cltv.discrete, suits better'
        else 'nobody says goodbye and every day is a chance to buy'
    end as family_reason,
    cast(judged.usual_gap_days as {{ double_type() }}) as usual_gap_days,
    judged.periodic_gap_share,
    choice.purchase_model,
    choice.prediction_grade,
    choice.grade_reason,
    choice.channel_bias_pooled,
    choice.channel_bias_by_group,
    choice.value_ratio_lower,
    choice.value_ratio_upper,
    choice.value_band_reason
from judged
left join {{ ref('int_prediction_choice') }} as choice
    on choice.is_fitted
