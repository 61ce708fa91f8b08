-- What works on the tables that are loaded, what does not, and why: one row per optional table and per method.
with

tables as (

    select * from {{ ref('int_capability_tables') }}

),

-- the first table that a capability misses says why; required ones before helpful ones
needs as (

    select
        needs.capability,
        needs.need,
        tables.table_name,
        tables.table_status,
        tables.accepted_rows,
        case
            when tables.table_status = 'off' then 'table ' || tables.table_name || ' is off: ' || needs.without_it
            when tables.table_status = 'empty'
                then 'table ' || tables.table_name || ' is on but has no accepted row: ' || needs.without_it
            when tables.table_status = 'degraded'
                then
                    {{ dbt.concat([as_text('tables.rejected_rows'), "' rows of table '", 'tables.table_name']) }}
                    || {{ dbt.concat(["' were rejected against '", as_text('tables.accepted_rows')]) }}
                    || ' accepted: see dq_rejected_rows'
        end as finding,
        case
            when tables.table_status = 'on' then 'on'
            when needs.need = 'helpful' then 'degraded'
            else tables.table_status
        end as need_status

    from {{ ref('capability_needs') }} as needs
    inner join tables
        on needs.table_name = tables.table_name

),

findings as (

    select
        capability,
        need_status as status,
        finding,
        accepted_rows as rows_behind,
        case when need = 'required' then 1 else 3 end as finding_rank,
        table_name as tie_breaker
    from needs
    union all
    select
        capability,
        finding_status as status,
        finding,
        rows_behind,
        2 as finding_rank,
        '' as tie_breaker
    from {{ ref('int_capability_findings') }}

),

-- the worst finding decides; the first of its kind says why
ranked as (

    select
        *,
        row_number() over (
            partition by capability
            order by
                case status when 'off' then 1 when 'empty' then 2 when 'degraded' then 3 else 4 end,
                case when finding is null then 1 else 0 end,
                finding_rank,
                tie_breaker
        ) as status_rank,
        first_value(rows_behind) over (
            partition by capability
            order by
                case when finding_rank = 2 then 0 else finding_rank end,
                rows_behind,
                tie_breaker
            rows between unbounded preceding and unbounded following
        ) as capability_rows

    from findings

)

select
    capabilities.capability,
    capabilities.kind,
    ranked.status,
    capabilities.gives
    || case
        when ranked.finding is null then ''
        else '. ' || upper(substr(ranked.finding, 1, 1)) || substr(ranked.finding, 2)
    end as reason,
    capabilities.switched_by,
    cast(ranked.capability_rows as {{ dbt.type_bigint() }}) as rows_accepted,
    capabilities.sort_order
from {{ ref('capabilities') }} as capabilities
inner join ranked
    on
        capabilities.capability = ranked.capability
        and ranked.status_rank = 1
