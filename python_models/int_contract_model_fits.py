"""Fit the contract models to the tenures of every plan: one row per plan, model and figure."""

from cltv.contract import fit_contract_models
from tools.frames import read_frame, typed_frame

COLUMNS = {
    "plan": "varchar",
    "model_name": "varchar",
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
    tenures = read_frame(
        dbt.ref("int_contract_tenures"), order_by=["plan", "tenure_months", "is_lost"]
    )
    fits = fit_contract_models(
        tenures,
        method=dbt.config.meta_get("fit_method"),
        minimum_contracts=int(dbt.config.meta_get("minimum_contracts")),
        minimum_lost=int(dbt.config.meta_get("minimum_lost")),
    )
    return typed_frame(session, fits, COLUMNS)
