-- What is odd about the money without being wrong enough to be rejected, by check and by what it concerns.
{%- set findings = [
    ['cost_above_price', ref('fct_order_lines'), "coalesce(product_id, 'unknown')", 'cost_of_goods - (gross_sales - discounts)',
     "line_type = 'product' and cost_of_goods > gross_sales - discounts"],
    ['negative_margin', ref('fct_orders'), 'order_channel', '-gross_margin', 'gross_margin < 0'],
    ['estimated_cost', ref('fct_orders'), 'order_type', 'cost_of_goods', 'is_sale and is_cost_estimated and cost_of_goods is not null'],
    ['unknown_cost', ref('fct_orders'), 'order_type', 'net_revenue', 'is_sale and cost_of_goods is null'],
    ['converted_currency', ref('fct_orders'), 'original_currency', 'net_revenue',
     "is_sale and original_currency <> '" ~ reporting_currency() ~ "'"],
    ['free_acquisition_campaign', ref('dim_campaigns'), 'campaign_id', 'spend', "objective = 'acquire' and spend = 0"],
    ['spend_without_channel', ref('int_marketing_costs'), 'objective', 'amount',
     "cost_kind = 'advertising' and channel = 'unattributed'"],
    ['spend_of_unknown_aim', ref('int_marketing_costs'), 'channel', 'amount', "is_objective_assumed or objective = 'unknown'"],
    ['product_without_category', ref('dim_products'), 'product_id', 'list_price', "category = 'unknown'"],
    ['plan_priced_zero', ref('fct_subscriptions_monthly'), 'plan', 'mrr', "is_priced and mrr = 0 and subscription_status = 'active'"],
    ['unknown_cost_to_serve', ref('fct_customer_monthly_value'), 'cost_to_serve_reason', 'gross_margin_restated', 'cost_to_serve_reason is not null'],
] %}
with

findings as (

    {% for check_name, relation, concerns, amount, condition in findings -%}
    select
        '{{ check_name }}' as check_name,
        cast({{ concerns }} as {{ dbt.type_string() }}) as concerns,
        count(*) as row_count,
        {{ sum_money(amount) }} as amount

    from {{ relation }}
    where {{ condition }}
    group by {{ concerns }}

    union all

    {% endfor -%}
    -- whoever left still has customers who belong to nobody else
    select
        'customer_of_a_rep_who_left' as check_name,
        customers.sales_rep_id as concerns,
        count(*) as row_count,
        {{ sum_money('realised.net_revenue') }} as amount

    from {{ ref('dim_customers') }} as customers
    inner join {{ ref('dim_sales_reps') }} as reps
        on customers.sales_rep_id = reps.sales_rep_id
    left join {{ ref('int_customers__contribution') }} as realised
        on customers.customer_key = realised.customer_key
    where not reps.is_active
    group by customers.sales_rep_id

)

select
    ---------- ids
    {{ row_key(['findings.check_name', 'findings.concerns']) }} as finding_id,

    ---------- texts
    findings.check_name,
    findings.concerns,
    money_checks.concerns_kind,
    money_checks.severity,
    money_checks.meaning,

    ---------- numbers
    cast(findings.row_count as {{ dbt.type_bigint() }}) as row_count,
    cast(findings.amount as {{ money_sum_type() }}) as amount,
    money_checks.amount_meaning
from findings
inner join {{ ref('money_checks') }} as money_checks
    on findings.check_name = money_checks.check_name
