"""Contracts on tables: fit every plan at once, then draw its survival curve.

Customers with a contract are seen to leave. How long contracts last is then a matter of survival
with censoring, and not of the purchase models of `cltv.purchase`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cltv.contract.cells import ContractCells, contract_cells
from cltv.contract.fitting import ContractFit, fit_cells, fit_contract_model
from cltv.contract.kaplan_meier import ObservedSurvival, kaplan_meier
from cltv.contract.survival_models import (
    BetaDiscreteWeibull,
    ContractModel,
    ShiftedBetaGeometric,
)
from cltv.fit_rows import COLUMNS, rows_of_fit, rows_of_status
from cltv.frames import column, frame_of_rows, groups, text_column
from cltv.maximum_likelihood import METHODS

__all__ = [
    "FIT_COLUMNS",
    "MODELS",
    "SURVIVAL_COLUMNS",
    "BetaDiscreteWeibull",
    "ContractCells",
    "ContractFit",
    "ContractModel",
    "ObservedSurvival",
    "ShiftedBetaGeometric",
    "contract_cells",
    "contract_survival",
    "fit_contract_model",
    "fit_contract_models",
    "kaplan_meier",
]

MODELS = {model.name: model for model in (ShiftedBetaGeometric(), BetaDiscreteWeibull())}
"""Every contract model by its name in tables."""

FIT_COLUMNS = {
    "plan" if name == "origin_id" else name: kind
    for name, kind in COLUMNS.items()
    if name != "value_basis"
}
"""Columns of the fits and their pandas types: those of `cltv.fit_rows`, by plan."""

SURVIVAL_COLUMNS = {
    "plan": "str",
    "tenure_months": "int64",
    "contracts_at_risk": "int64",
    "contracts_lost": "int64",
    "observed_survival": "float64",
    "observed_standard_error": "float64",
    "observed_lower_95": "float64",
    "observed_upper_95": "float64",
    **{f"{name}_survival": "float64" for name in MODELS},
    **{f"{name}_fit_status": "object" for name in MODELS},
    "is_extrapolated": "bool",
}
"""Columns of the survival curves and their pandas types."""

_CELL_COLUMNS = ("tenure_months", "is_lost", "contracts")


def fit_contract_models(
    tenures,
    models=("sbg", "bdw"),
    method="map",
    minimum_contracts=20,
    minimum_lost=10,
):
    """Fit contract models to every plan; refuse with a reason, never by an error.

    Parameters
    ----------
    tenures : pandas.DataFrame
        plan (str), tenure_months (whole months: the renewal at which contracts were lost, or
        those they have survived), is_lost (bool), contracts (> 0). Rows may come in any order;
        equal ones are added up.
    models : sequence of str
        Keys of `MODELS`.
    method : {'map', 'mle'}
        Maximum a posteriori under weak priors, or plain maximum likelihood.
    minimum_contracts, minimum_lost : int
        Below these a fit is refused.

    Returns
    -------
    pandas.DataFrame
        `FIT_COLUMNS`: for every plan and model one row of kind 'status' (name 'fit_status',
        estimate 1 if usable, note 'fitted' or too_few_contracts, nobody_has_left,
        too_few_lost_contracts, not_converged), rows of kind 'diagnostic', and, only if usable,
        rows of kind 'parameter'.

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible (names column, row and value), or an option
        is unknown.
    """
    chosen = _chosen_models(models)
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    rows = []
    for plan, cells in _plans(tenures):
        known = {
            "contracts": cells.contracts,
            "lost_contracts": cells.lost,
            "renewals": cells.renewals,
            "longest_tenure_months": float(cells.tenure.max()),
        }
        reason = _refusal(cells, minimum_contracts, minimum_lost)
        for model in chosen:
            key = (plan, model.name, "contracts")
            if reason:
                rows += rows_of_status(*key, reason, known)
            else:
                rows += rows_of_fit(*key, fit_cells(model, cells, method), known)
    fits = frame_of_rows(rows, COLUMNS).drop(columns="value_basis")
    return fits.rename(columns={"origin_id": "plan"})[list(FIT_COLUMNS)]


def contract_survival(tenures, fits, horizon=36):
    """Draw the survival curve of every plan: as observed, and by every usable model.

    Parameters
    ----------
    tenures : pandas.DataFrame
        As for `fit_contract_models`.
    fits : pandas.DataFrame
        From `fit_contract_models`.
    horizon : int
        Months to go beyond the longest tenure that was seen, >= 0.

    Returns
    -------
    pandas.DataFrame
        `SURVIVAL_COLUMNS`, one row per plan and month from 0 on, sorted by these: contracts at
        risk and lost at that renewal, Kaplan-Meier survival with Greenwood's error and 95 %
        interval (NaN beyond the last renewal that was seen), survival by each model (NaN where
        its fit was refused), and what became of each fit ('fitted' or the reason of its refusal;
        None without one).

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible, the horizon is not a whole number >= 0, or
        a fit names an unknown model or lacks a parameter.
    """
    if not (np.isfinite(horizon) and horizon >= 0 and horizon == int(horizon)):
        raise ValueError(f"horizon must be a whole number of at least 0, got {horizon!r}")
    usable, status = _usable_fits(fits)
    parts = [_curve(plan, cells, usable, status, int(horizon)) for plan, cells in _plans(tenures)]
    if parts:
        return pd.concat(parts, ignore_index=True)
    return frame_of_rows([], SURVIVAL_COLUMNS)


def _curve(plan, cells, usable, status, horizon):
    seen = kaplan_meier(cells)
    rows = len(seen.period) + horizon
    months = np.arange(rows)

    def extended(values, filler=np.nan):
        return np.concatenate([values, np.full(horizon, filler)])

    table = {
        "plan": pd.Series(plan, index=range(rows), dtype="str"),
        "tenure_months": months,
        "contracts_at_risk": extended(seen.at_risk, 0.0).astype(np.int64),
        "contracts_lost": extended(seen.lost, 0.0).astype(np.int64),
        "observed_survival": extended(seen.survival),
        "observed_standard_error": extended(seen.standard_error),
        "observed_lower_95": extended(seen.lower_95),
        "observed_upper_95": extended(seen.upper_95),
    }
    for name, model in MODELS.items():
        params = usable.get((plan, name))
        table[f"{name}_survival"] = (
            model.survival(params, months) if params is not None else np.full(rows, np.nan)
        )
    for name in MODELS:
        table[f"{name}_fit_status"] = pd.Series([status.get((plan, name))] * rows, dtype="object")
    table["is_extrapolated"] = months >= len(seen.period)
    return pd.DataFrame(table)


def _plans(tenures):
    """Return each plan with its checked cells, in the order of the plans' names."""
    plan = text_column(tenures, "plan", "tenures")
    columns = [column(tenures, name, "tenures") for name in _CELL_COLUMNS]
    # once for all rows, so that an error counts rows as the caller does
    contract_cells(*columns, names=_CELL_COLUMNS)
    return [
        (name, contract_cells(*(values[rows] for values in columns), names=_CELL_COLUMNS))
        for name, rows in groups(plan)
    ]


def _refusal(cells, minimum_contracts, minimum_lost):
    if cells.contracts < minimum_contracts:
        return "too_few_contracts"
    if not cells.lost > 0:
        return "nobody_has_left"
    if cells.lost < minimum_lost:
        return "too_few_lost_contracts"
    return None


def _chosen_models(models):
    if isinstance(models, str):
        models = (models,)
    unknown = [name for name in models if name not in MODELS]
    if unknown:
        raise ValueError(f"unknown contract model {unknown[0]!r}; known: {', '.join(MODELS)}")
    return [MODELS[name] for name in models]


def _usable_fits(fits):
    """Return, by (plan, model), the parameters of usable fits, and what became of every fit."""
    plan, model, name, kind = (
        text_column(fits, key, "fits") for key in ("plan", "model_name", "name", "kind")
    )
    estimate = column(fits, "estimate", "fits")
    found, status = {}, {}
    for row, note in zip(
        zip(plan, model, name, kind, estimate, strict=True), fits["note"], strict=True
    ):
        found.setdefault((row[0], row[1]), {})[row[3], row[2]] = float(row[4])
        if row[3] == "status":
            status[row[0], row[1]] = str(note)
    usable = {}
    for (plan_name, model_name), values in found.items():
        if values.get(("status", "fit_status")) != 1.0:
            continue
        if model_name not in MODELS:
            raise ValueError(f"fits: unknown contract model {model_name!r}")
        params = {key[1]: value for key, value in values.items() if key[0] == "parameter"}
        usable[plan_name, model_name] = MODELS[model_name].parameter_vector(params)
    return usable, status
