"""Fit the spend model to the spend cells of every origin and basis: one row per figure."""

from cltv.spend import fit_spend_models
from tools.frames import read_frame, typed_frame

COLUMNS = {
    "origin_id": "varchar",
    "model_name": "varchar",
    "value_basis": "varchar",
    "name": "varchar",
    "kind": "varchar",
    "estimate": "double",
    "standard_error": "double",
    "lower_95": "double",
    "upper_95": "double",
    "note": "varchar",
}


def model(dbt, session):
    dbt.config(materialized="table")
    cells = read_frame(
        dbt.ref("int_spend_cells"),
        order_by=["origin_id", "value_basis", "purchase_count", "mean_value"],
    )
    fits = fit_spend_models(cells, method=dbt.config.meta_get("fit_method"))
    return typed_frame(session, fits, COLUMNS)
