"""Fit every purchase model to the cells of every origin: one row per origin, model and figure."""

from cltv.purchase import fit_purchase_models
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
        dbt.ref("int_purchase_cells"),
        order_by=["origin_id", "frequency", "recency_days", "age_days"],
    )
    fits = fit_purchase_models(
        cells,
        models=(dbt.config.meta_get("purchase_model"),),
        method=dbt.config.meta_get("fit_method"),
        minimum_customers=int(dbt.config.meta_get("minimum_customers")),
        minimum_repeaters=int(dbt.config.meta_get("minimum_repeaters")),
    )
    return typed_frame(session, fits, COLUMNS)
