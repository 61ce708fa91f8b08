"""What has moved since a month ago: one row per input, and per ensemble and its members."""

from cltv.evaluation import drift_figures
from tools.frames import read_frame, typed_frame

COLUMNS = {
    "drift_kind": "varchar",
    "figure_name": "varchar",
    "value_before": "double",
    "value_now": "double",
    "distance": "double",
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
    figures = drift_figures(cells, fits, before="month_before", after="now")
    return typed_frame(session, figures, COLUMNS)
