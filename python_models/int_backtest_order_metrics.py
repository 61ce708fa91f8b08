"""Grade the orders that every model and rule would have foreseen: one row per origin and figure."""

from cltv.evaluation import evaluate_orders, with_challenger
from tools.frames import read_frame, typed_frame

COLUMNS = {
    "origin_id": "varchar",
    "model_name": "varchar",
    "scope": "varchar",
    "scope_value": "varchar",
    "metric": "varchar",
    "estimate": "double",
    "customers": "double",
}


def model(dbt, session):
    dbt.config(materialized="table")
    cells = read_frame(dbt.ref("int_backtest_cells"), order_by=["backtest_cell_id"])
    scores = read_frame(
        dbt.ref("int_purchase_cell_scores"),
        order_by=[
            *("origin_id", "model_name", "covariate_pattern"),
            *("frequency", "recency_days", "age_days"),
        ],
    )
    fits = read_frame(
        dbt.ref("int_purchase_model_fits"), order_by=["origin_id", "model_name", "name"]
    )
    origins = read_frame(dbt.ref("int_prediction_origins"), order_by=["origin_id"])
    scores = with_challenger(scores, cells, origins, dbt.config.meta_get("challenger"))
    metrics = evaluate_orders(
        cells,
        scores,
        fits,
        origins,
        minimum_age_days=int(dbt.config.meta_get("run_rate_floor_days")),
    )
    return typed_frame(session, metrics, COLUMNS)
