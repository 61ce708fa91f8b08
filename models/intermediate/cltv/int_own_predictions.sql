{{ config(materialized='view') }}

-- What the user's own model foresees, in the form that all methods share; no rows where there is none.
{{ own_predictions(ref(own_prediction_model()) if own_prediction_model() else none) }}
