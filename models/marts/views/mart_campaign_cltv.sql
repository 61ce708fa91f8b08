-- Lifetime value by the campaign that won the customer, in the shape that all views share.
{{ cltv_view('campaign') }}
