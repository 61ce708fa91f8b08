-- All that a spend model ever sees: how many customers share a number of purchases and a mean value.
{%- set purchases = chosen_variable('spend_purchases', ['all', 'repeat']) %}
with

histories as (

    select
        histories.*,
        grains.spend_grain
    from {{ ref('int_purchase_histories') }} as histories
    inner join {{ ref('int_purchase_cell_grains') }} as grains
        on histories.origin_id = grains.origin_id

),

by_basis as (

    {% for basis in value_bases() -%}
    select
        origin_id,
        '{{ basis }}' as value_basis,
        spend_grain,
        {{ purchases }}_count_{{ basis }} as purchase_count,
        {{ purchases }}_mean_{{ basis }} as mean_value

    from histories
    where {{ purchases }}_count_{{ basis }} > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- small data stays exact; large data is binned to half a per cent, and each bin keeps its own mean
binned as (

    select
        *,
        case when spend_grain = 'exact' then mean_value else floor(ln(mean_value) * 200) end as value_bin

    from by_basis

),

cells as (

    select
        origin_id,
        value_basis,
        purchase_count,
        value_bin,
        -- sums in decimal: a sum of doubles depends on the order of its rows
        {{ divide('sum(cast(mean_value as decimal(28, 8)))', 'count(*)') }} as mean_value,
        count(*) as customers

    from binned
    group by
        origin_id,
        value_basis,
        purchase_count,
        value_bin

)

select
    {{ row_key(['origin_id', 'value_basis', 'purchase_count', 'value_bin']) }} as spend_cell_id,
    *
from cells
