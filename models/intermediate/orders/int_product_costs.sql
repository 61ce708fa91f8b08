-- What a product costs when the order line does not say, and the margin to fall back on when nobody says.
with

products as (

    select * from {{ ref('stg_crm__products') }}

),

fallback_margins as (

    select
        category,
        margin_rate
    from {{ ref('stg_crm__fallback_margins') }}

    union all

    -- a row for all in the table goes before the variable
    select
        'all' as category,
        cast({{ fallback_margin_rate() }} as {{ double_type() }}) as margin_rate
    from {{ one_row() }}
    where 'all' not in (select margins.category from {{ ref('stg_crm__fallback_margins') }} as margins)

),

catalogue as (

    select
        products.product_id,
        products.category,
        products.unit_cost,
        products.currency,
        coalesce(by_category.margin_rate, for_all.margin_rate) as fallback_margin_rate

    from products
    left join fallback_margins as by_category
        on products.category = by_category.category
    left join fallback_margins as for_all
        on for_all.category = 'all'

),

-- lines without a product, and orders without lines, fall back on the margin for all
unknown_product as (

    select
        'unknown' as product_id,
        cast(null as {{ dbt.type_string() }}) as category,
        cast(null as {{ contract_type('price') }}) as unit_cost,
        cast(null as {{ dbt.type_string() }}) as currency,
        max(margin_rate) as fallback_margin_rate

    from fallback_margins
    where category = 'all'

)

select * from catalogue
where product_id <> 'unknown'
union all
select * from unknown_product
