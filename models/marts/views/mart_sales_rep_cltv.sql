-- Lifetime value by sales rep, in the shape that all views share.
{{ cltv_view('sales_rep') }}
