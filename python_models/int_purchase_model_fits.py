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
    wanted = dbt.config.meta_get("purchase_model")
    fits = fit_purchase_models(
        cells,
        models=tuple(MODELS) if wanted == "ensemble" else wanted,
        method=dbt.config.meta_get("fit_method"),
        minimum_customers=int(dbt.config.meta_get("minimum_customers")),
        minimum_repeaters=int(dbt.config.meta_get("minimum_repeaters")),
        minimum_days=int(dbt.config.meta_get("minimum_days")),
        maximum_silence_days=int(dbt.config.meta_get("maximum_silence_days")),
        by_group=dbt.config.meta_get("by_group") != "never",
    )
    return typed_frame(session, fits, COLUMNS)
