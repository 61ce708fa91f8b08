"""Score every cell of every origin with every fitted model: one row per origin, model and cell."""

from cltv.purchase import score_purchase_cells
from tools.frames import read_frame, typed_frame

HORIZONS = ("1m", "3m", "6m", "12m", "24m", "36m")
COLUMNS = {
    "origin_id": "varchar",
    "model_name": "varchar",
    "covariate_pattern": "varchar",
    "frequency": "integer",
    "recency_days": "integer",
    "age_days": "integer",
    "probability_alive": "double",
    **{f"expected_orders_{horizon}": "double" for horizon in HORIZONS},
    **{f"probability_active_{horizon}": "double" for horizon in HORIZONS},
    "discounted_orders_36m": "double",
    "discounted_orders_lifetime": "double",
}


def model(dbt, session):
    dbt.config(materialized="table")
    cells = read_frame(
        dbt.ref("int_purchase_cells"),
        order_by=["origin_id", "covariate_pattern", "frequency", "recency_days", "age_days"],
    )
    fits = read_frame(
        dbt.ref("int_purchase_model_fits"), order_by=["origin_id", "model_name", "name"]
    )
    scores = score_purchase_cells(
        cells,
        fits,
        horizons=dbt.config.meta_get("horizons"),
        annual_discount_rate=float(dbt.config.meta_get("annual_discount_rate")),
    )
    return typed_frame(session, scores, COLUMNS)
