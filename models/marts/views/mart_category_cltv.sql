-- Lifetime value by product category, in the shape that all views share.
{{ cltv_view('category') }}
