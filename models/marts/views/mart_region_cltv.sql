-- Lifetime value by country and region, in the shape that all views share.
{{ cltv_view('region') }}
