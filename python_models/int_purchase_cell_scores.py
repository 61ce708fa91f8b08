"""Score every cell of every origin with every fitted model: one row per origin, model and cell."""

from cltv.purchase import score_purchase_cells
from tools.frames import read_frame, typed_frame

COLUMNS = {
    "origin_id": "varchar",
    "model_name": "varchar",
    "frequency": "integer",
    "recency_days": "integer",
    "age_days": "integer",
    "probability_alive": "double",
    "expected_orders_3m": "double",
    "expected_orders_6m": "double",
    "expected_orders_12m": "double",
    "expected_orders_24m": "double",
    "probability_active_3m": "double",
    "probability_active_6m": "double",
    "probability_active_12m": "double",
    "probability_active_24m": "double",
}


def model(dbt, session):
    dbt.config(materialized="table")
    cells = read_frame(
        dbt.ref("int_purchase_cells"),
        order_by=["origin_id", "frequency", "recency_days", "age_days"],
    )
    fits = read_frame(
        dbt.ref("int_purchase_model_fits"), order_by=["origin_id", "model_name", "name"]
    )
    scores = score_purchase_cells(cells, fits, horizons=dbt.config.meta_get("horizons"))
    return typed_frame(session, scores, COLUMNS)
