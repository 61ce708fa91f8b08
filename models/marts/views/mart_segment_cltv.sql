-- Lifetime value by value tier, in the shape that all views share.
{{ cltv_view('segment') }}
