{{ config(materialized='view') }}

-- What each sales rep brought with each customer, beside what such a customer usually brings to whoever looks after
-- them: one row per customer and rep.
-- A view: one mart reads it.
with

in_care as (

    select
        customer_key,
        sales_rep_id,
        share_millionths
    from {{ ref('int_rep_care') }}

),

-- realised to who sold it, the next twelve months to who looks after the customer today
credited as (

    select
        credits.customer_key,
        credits.member_id as sales_rep_id,
        credits.share_millionths as credited_millionths,
        credits.realised_net_revenue
        + case
            when credits.share_millionths > 0 then coalesce(customers.probabilistic_net_revenue_next_12m, 0)
            else 0
        end as observed_value

    from {{ ref('int_view_credits') }} as credits
    inner join {{ ref('int_customers__viewed') }} as customers
        on credits.customer_key = customers.customer_key
    where
        credits.view_name = 'sales_rep'
        and credits.member_id <> 'none'
        and credits.customer_key in (select in_care.customer_key from in_care)

),

credited_customers as (

    select
        customer_key,
        sum(observed_value) as observed_value
    from credited
    group by customer_key

),

customer_values as (

    select
        customers.customer_key,
        customers.customer_type,
        {{ row_key([
            'customers.customer_type', 'customers.acquisition_channel', "coalesce(customers.first_year, 0)"
        ]) }} as own_stratum,
        coalesce(values_by_customer.observed_value, 0) as customer_value

    from {{ ref('int_customers__viewed') }} as customers
    left join credited_customers as values_by_customer
        on customers.customer_key = values_by_customer.customer_key
    where customers.customer_key in (select in_care.customer_key from in_care)

),

-- a mean of a few customers is no yardstick: small strata of a customer type are taken together
strata as (

    select
        *,
        case
            when count(*) over (partition by own_stratum) >= {{ minimum_cell_customers() }} then own_stratum
            else customer_type
        end as stratum
    from customer_values

),

usual as (

    select
        stratum,
        count(*) as customers,
        cast(sum(customer_value) as {{ double_type() }}) as total,
        {{ exact_sum('power(cast(customer_value as ' ~ double_type() ~ '), 2)', 2, 38) }} as squares
    from strata
    group by stratum

),

both_sides as (

    select
        customer_key,
        sales_rep_id,
        share_millionths,
        0 as observed_value,
        0 as is_credited,
        0 as credited_millionths
    from in_care

    union all

    select
        customer_key,
        sales_rep_id,
        0 as share_millionths,
        observed_value,
        1 as is_credited,
        credited_millionths
    from credited

)

select
    {{ row_key(['both_sides.customer_key', 'both_sides.sales_rep_id']) }} as rep_value_id,
    both_sides.customer_key,
    both_sides.sales_rep_id,
    max(strata.stratum) as stratum,
    sum(both_sides.share_millionths) as share_millionths,
    sum(both_sides.observed_value) as observed_value,
    max(both_sides.is_credited) as is_credited,
    max(both_sides.credited_millionths) as credited_millionths,
    {{ predicted_money('sum(both_sides.share_millionths) / 1e6 * max(usual.total / usual.customers)') }}
        as expected_value,
    cast(
        power(sum(both_sides.share_millionths) / 1e6, 2) * max(
            case
                when usual.customers > 1
                    then greatest(0, usual.squares - power(usual.total, 2) / usual.customers) / (usual.customers - 1)
            end
        ) as decimal(38, 2)
    ) as value_variance
from both_sides
inner join strata
    on both_sides.customer_key = strata.customer_key
inner join usual
    on strata.stratum = usual.stratum
group by
    both_sides.customer_key,
    both_sides.sales_rep_id
