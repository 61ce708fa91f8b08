"""Fit every purchase model to the cells of every origin: one row per origin, model and figure."""

from cltv.purchase import MODELS, fit_purchase_models
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
        order_by=["origin_id", "covariate_pattern", "frequency", "recency_days", "age_days"],
    )
    meta = dbt.config.meta_get
    fits = fit_purchase_models(
        cells,
        models=tuple(MODELS) if meta("purchase_model") == "ensemble" else meta("purchase_model"),
        method=meta("fit_method"),
        minimum_customers=int(meta("minimum_customers")),
        minimum_repeaters=int(meta("minimum_repeaters")),
        minimum_days=int(meta("minimum_days")),
        maximum_silence_days=int(meta("maximum_silence_days")),
        by_group=meta("by_group") != "never",
    )
    return typed_frame(session, fits, COLUMNS)
