"""What may come of every cell: quantiles of purchases and value, one row per ensemble and cell."""

from cltv.purchase import purchase_cell_intervals
from tools.frames import read_frame, typed_frame

QUANTILES = ("p05", "p10", "p25", "p50", "p75", "p90", "p95")
COLUMNS = {
    "origin_id": "varchar",
    "model_name": "varchar",
    "covariate_pattern": "varchar",
    "frequency": "integer",
    "recency_days": "integer",
    "age_days": "integer",
    "purchase_count": "integer",
    **{f"orders_{quantile}": "integer" for quantile in QUANTILES},
    **{f"value_ratio_{quantile}": "double" for quantile in QUANTILES},
}


def model(dbt, session):
    dbt.config(materialized="table")
    keys = ["origin_id", "model_name", "name"]
    cells = read_frame(
        dbt.ref("int_interval_cells"),
        order_by=[
            *("origin_id", "covariate_pattern"),
            *("frequency", "recency_days", "age_days", "purchase_count"),
        ],
    )
    intervals = purchase_cell_intervals(
        cells,
        read_frame(dbt.ref("int_purchase_model_fits"), order_by=keys),
        read_frame(dbt.ref("int_spend_model_fits"), order_by=[*keys, "value_basis"]),
        cells[["origin_id", "horizon_days"]].drop_duplicates(),
    )
    return typed_frame(session, intervals, COLUMNS)
