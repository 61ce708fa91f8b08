-- Lifetime value by acquisition channel, in the shape that all views share.
{{ cltv_view('channel') }}
