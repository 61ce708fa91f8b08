"""Repeat purchases over time as each model expects them: one row per origin, model and period."""

from cltv.evaluation import tracking
from tools.frames import read_frame, typed_frame

COLUMNS = {
    "origin_id": "varchar",
    "model_name": "varchar",
    "period_index": "integer",
    "start_day": "integer",
    "end_day": "integer",
    "customers": "double",
    "expected_orders": "double",
    "cumulative_expected_orders": "double",
}


def model(dbt, session):
    dbt.config(materialized="table")
    origins = read_frame(dbt.ref("int_prediction_origins"), order_by=["origin_id"])
    expected = tracking(
        read_frame(
            dbt.ref("int_purchase_cells"),
            order_by=["origin_id", "covariate_pattern", "frequency", "recency_days", "age_days"],
        ),
        read_frame(
            dbt.ref("int_purchase_model_fits"), order_by=["origin_id", "model_name", "name"]
        ),
        origins[origins["origin_kind"] == "backtest"],
    )
    return typed_frame(session, expected, COLUMNS)
