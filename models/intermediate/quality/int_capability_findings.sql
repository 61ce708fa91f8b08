-- What the data themselves say about methods that a switched-on table alone does not make work: one row per method.
with

orders_known as (

    select
        count(*) as sales,
        count(gross_margin) as margins,
        {{ count_if('is_cost_estimated') }} as estimated,
        {{ count_if("original_currency <> '" ~ reporting_currency() ~ "'") }} as converted
    from {{ ref('fct_orders') }}
    where is_sale

),

rates_missing as (

    select coalesce(sum(row_count), 0) as row_count
    from {{ ref('int_quality_row_groups') }}
    where reject_reason = 'no_rate'

),

people as (

    select
        count(*) as ids,
        count(distinct customer_key) as customers
    from {{ ref('int_customers__keys') }}

),

touches as (

    select
        count(*) as touchpoints,
        count(visitor_id) as with_visitor
    from {{ ref('stg_crm__touchpoints') }}

),

findings as (

    select
        capability,
        rows_behind,
        finding_status,
        finding
    from {{ ref('int_capability_methods') }}
    union all
    select
        'gross_margin' as capability,
        margins as rows_behind,
        case
            when sales = 0 then 'empty'
            when margins = 0 then 'off'
            when margins < sales or estimated > 0 then 'degraded'
            else 'on'
        end as finding_status,
        case
            when sales = 0 then 'there is no sale yet'
            when margins = 0 then 'no cost is known: load unit costs or set fallback_margin_rate'
            when margins < sales
                then
                    {{ dbt.concat([as_text('sales - margins'), "' of '", as_text('sales')]) }}
                    || ' sales have no known cost and no margin: load unit costs or set fallback_margin_rate'
            when estimated > 0
                then
                    {{ dbt.concat([as_text('estimated'), "' of '", as_text('sales')]) }}
                    || ' sales are costed by a fallback margin in whole or in part'
        end as finding
    from orders_known
    union all
    select
        'exchange_rates_used' as capability,
        orders_known.converted as rows_behind,
        case
            when rates_missing.row_count > 0 then 'degraded'
            when orders_known.converted = 0 then 'empty'
            else 'on'
        end as finding_status,
        case
            when rates_missing.row_count > 0
                then
                    {{ as_text('rates_missing.row_count') }}
                    || ' rows were rejected because no rate is known for their day (no_rate in dq_rejected_rows)'
            when orders_known.converted = 0 then 'no rate is needed: every sale is in {{ reporting_currency() }}'
        end as finding
    from orders_known
    cross join rates_missing
    union all
    select
        'identity' as capability,
        ids as rows_behind,
        case
            when ids = 0 then 'empty'
            when {{ count_variable('identity_max_ids_per_email', 1) }} = 1 then 'off'
            else 'on'
        end as finding_status,
        case
            when ids = 0 then 'there is no customer'
            when {{ count_variable('identity_max_ids_per_email', 1) }} = 1
                then 'identity_max_ids_per_email is 1: every id is its own customer'
            else {{ dbt.concat([as_text('ids'), "' ids are '", as_text('customers'), "' customers'"]) }}
        end as finding
    from people
    union all
    select
        'attribution' as capability,
        touchpoints as rows_behind,
        case when touchpoints > 0 and with_visitor = 0 then 'degraded' else 'on' end as finding_status,
        case
            when touchpoints > 0 and with_visitor = 0
                then 'no touch has a visitor_id: paths that led to no order are only those of known customers'
        end as finding
    from touches

)

select * from findings
