-- Lifetime value by customer type, in the shape that all views share.
{{ cltv_view('customer_type') }}
