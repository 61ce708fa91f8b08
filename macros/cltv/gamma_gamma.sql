{#
  Expected value of a purchase day under Gamma-Gamma: the customer's own mean, drawn towards the population's by as much
  as it rests on few purchases (Fader & Hardie 2013, eq. 5), times what a purchase day is worth beside a positive one.

  Arguments: alias of the spend parameters (p, q, v, value_per_positive_value), number of positive purchase days, their
  mean value.
#}
{% macro expected_order_value(spend, purchase_count, mean_value) %}
    {{ return(
        spend ~ '.value_per_positive_value * ' ~ spend ~ '.p * (' ~ spend ~ '.v + coalesce(' ~ purchase_count ~ ' * ' ~ mean_value ~ ', 0)) / ('
        ~ spend ~ '.p * ' ~ purchase_count ~ ' + ' ~ spend ~ '.q - 1)'
    ) }}
{% endmacro %}
