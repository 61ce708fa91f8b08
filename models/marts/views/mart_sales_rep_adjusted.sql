-- What each sales rep's customers bring, beside what customers like those they were given usually bring (indirect
-- standardisation by customer type, channel and year of the first purchase).
with

members as (

    select * from {{ ref('int_view_members') }}
    where view_name = 'sales_rep'

),

-- one row per customer and rep as they are shown
shown as (

    select
        rep_values.*,
        coalesce(members.shown_member_id, 'other') as member_id
    from {{ ref('int_rep_values') }} as rep_values
    left join members
        on rep_values.sales_rep_id = members.member_id

),

counted as (

    select
        member_id,
        'sales_rep' as view_name,
        count(distinct case when is_credited = 1 then customer_key end) as customers,
        sum(credited_millionths) / 1e6 as credited_customers
    from shown
    group by member_id

),

merged as (

    {{ small_cells_merged('counted', 'view_name', "'other'") }}

),

summed as (

    select
        case when merged.is_merged then 'other' else shown.member_id end as member_id,
        count(distinct case when shown.is_credited = 1 then shown.customer_key end) as customers,
        sum(shown.share_millionths) as share_millionths,
        sum(shown.observed_value) as observed_value,
        sum(shown.expected_value) as expected_value,
        cast(sum(shown.value_variance) as {{ double_type() }}) as value_variance

    from shown
    inner join merged
        on shown.member_id = merged.member_id
    group by case when merged.is_merged then 'other' else shown.member_id end

),

compared as (

    select
        *,
        observed_value - expected_value as difference,
        {{ divide('observed_value', 'expected_value') }} as observed_to_expected,
        {{ divide('1000000 * sum(expected_value) over ()', 'sum(share_millionths) over ()') }} as average_value,
        sqrt(value_variance) as standard_error
    from summed

)

select
    compared.member_id,
    coalesce(sales_reps.rep_name, compared.member_id) as member_name,
    sales_reps.team as member_group,
    cast(compared.customers as {{ dbt.type_bigint() }}) as customers,
    cast(compared.share_millionths * cast(0.000001 as decimal(7, 6)) as decimal(28, 6)) as customers_in_care,
    cast(compared.observed_value as {{ money_sum_type() }}) as observed_value,
    cast(compared.expected_value as {{ money_sum_type() }}) as expected_value,
    cast(compared.difference as {{ money_sum_type() }}) as difference,
    compared.observed_to_expected,
    compared.observed_to_expected * compared.average_value as adjusted_average_value,
    compared.standard_error,
    case
        when compared.standard_error is null or compared.expected_value = 0 then 'unknown'
        when abs(compared.difference) < 1.96e0 * compared.standard_error then 'within_chance'
        when compared.difference > 0 then 'above'
        else 'below'
    end as adjusted_status
from compared
left join {{ ref('dim_sales_reps') }} as sales_reps
    on compared.member_id = sales_reps.sales_rep_id
