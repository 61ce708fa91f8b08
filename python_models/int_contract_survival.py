"""Draw the survival curves of every plan, as seen and as modelled: one row per plan and month."""

from cltv.contract import contract_survival
from tools.frames import read_frame, typed_frame

COLUMNS = {
    "plan": "varchar",
    "tenure_months": "integer",
    "contracts_at_risk": "bigint",
    "contracts_lost": "bigint",
    "observed_survival": "double",
    "observed_standard_error": "double",
    "observed_lower_95": "double",
    "observed_upper_95": "double",
    "sbg_survival": "double",
    "bdw_survival": "double",
    "sbg_fit_status": "varchar",
    "bdw_fit_status": "varchar",
    "is_extrapolated": "boolean",
}


def model(dbt, session):
    dbt.config(materialized="table")
    tenures = read_frame(
        dbt.ref("int_contract_tenures"), order_by=["plan", "tenure_months", "is_lost"]
    )
    fits = read_frame(
        dbt.ref("int_contract_model_fits"), order_by=["plan", "model_name", "kind", "name"]
    )
    curves = contract_survival(tenures, fits, horizon=int(dbt.config.meta_get("horizon_months")))
    return typed_frame(session, curves, COLUMNS)
