-- Lifetime value by the plan of a running contract, in the shape that all views share.
{{ cltv_view('plan') }}
