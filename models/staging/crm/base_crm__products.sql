-- Every raw row, typed once, with what became of it.
{{ base_rows('products',
    checks=["when unit_cost < 0 or list_price < 0 then 'negative_amount'"]
) }}
