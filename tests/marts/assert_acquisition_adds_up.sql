-- Spend and overheads are neither lost nor doubled: Σ of the marts = Σ of the accepted raw rows, to the cent; what
-- customers bear and what nobody bears is all of it; every customer with a sale is won once.
with

spent as (

    select coalesce(sum({{ to_reporting('amount', 'rate_to_reporting') }}), 0) as amount
    from {{ ref('stg_crm__campaign_spend') }}

),

overheads as (

    select coalesce(sum({{ to_reporting('amount', 'rate_to_reporting') }}), 0) as amount
    from {{ ref('stg_crm__overheads') }}
    where purpose = 'acquisition'

),

won as (

    select
        count(*) as customers,
        coalesce(sum(advertising_cost), 0) as advertising,
        coalesce(sum(overhead_cost), 0) as overhead
    from {{ ref('int_customers__won') }}

),

buyers as (

    select count(distinct customer_key) as customers
    from {{ ref('fct_orders') }}
    where
        is_sale
        and customer_key <> 'guest'

),

monthly as (

    select
        coalesce(sum(customers_won), 0) as customers,
        coalesce(sum(total_spend), 0) as total_spend,
        coalesce(sum(acquire_spend), 0) as acquire_spend,
        coalesce(sum(overhead_cost), 0) as overhead_cost,
        coalesce(sum(unborne_cost), 0) as unborne_cost
    from {{ ref('fct_acquisition_monthly') }}

),

blended as (

    select coalesce(sum(acquire_spend + overhead_cost), 0) as loaded_cost
    from {{ ref('mart_acquisition_cost') }}
    where
        scope = 'blended'
        and period = 'month'

),

compared as (

    select coalesce(sum(spend), 0) as spend
    from {{ ref('mart_spend_and_value') }}
    where period = 'month'

)

select
    monthly.*,
    spent.amount as raw_spend,
    overheads.amount as raw_overheads,
    blended.loaded_cost,
    compared.spend
from monthly
cross join spent
cross join overheads
cross join won
cross join buyers
cross join blended
cross join compared
where
    monthly.total_spend <> spent.amount
    or monthly.overhead_cost <> overheads.amount
    or won.advertising + won.overhead + monthly.unborne_cost <> monthly.acquire_spend + monthly.overhead_cost
    or blended.loaded_cost <> monthly.acquire_spend + monthly.overhead_cost
    or compared.spend <> monthly.total_spend
    or won.customers <> buyers.customers
    or monthly.customers <> buyers.customers
