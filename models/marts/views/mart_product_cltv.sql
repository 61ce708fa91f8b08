-- Lifetime value by product, in the shape that all views share.
{{ cltv_view('product') }}
