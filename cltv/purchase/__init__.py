"""Purchase models on tables: fit every origin at once, then score its cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cltv.cells import PurchaseCells, check_purchases, collapse, weighted_total
from cltv.fit_rows import COLUMNS, rows_of_fit, rows_of_refusal
from cltv.frames import column, frame_of_rows, groups, text_column
from cltv.purchase.bg_nbd import BGNBD
from cltv.purchase.fitting import PurchaseFit, fit_cells, fit_purchase_model
from cltv.purchase.interface import PurchaseModel

__all__ = [
    "BGNBD",
    "MODELS",
    "PurchaseFit",
    "PurchaseModel",
    "fit_purchase_model",
    "fit_purchase_models",
    "score_purchase_cells",
]

MODELS = {model.name: model for model in (BGNBD(),)}
"""Every purchase model by its name in tables."""

VALUE_BASIS = "purchases"

_CELL_COLUMNS = ("frequency", "recency_days", "age_days", "customers")


def fit_purchase_models(
    cells,
    models=("bg_nbd",),
    method="map",
    time_unit_days=7.0,
    minimum_customers=50,
    minimum_repeaters=10,
    origins=None,
):
    """Fit purchase models to the cells of every origin; refuse with a reason, never by an error.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id (str), frequency, recency_days, age_days, customers (whole numbers). Rows may
        come in any order; equal cells are added up.
    models : sequence of str
        Keys of `MODELS`.
    method : {'map', 'mle'}
        Maximum a posteriori under weak priors, or plain maximum likelihood.
    time_unit_days : float
        Unit of the reported time parameters: 7 gives weeks. The fit itself knows no unit.
    minimum_customers, minimum_repeaters : int
        Below these a fit is refused.
    origins : sequence of str, optional
        Origins that must have a status even where they have no cells; those in `cells` by default.

    Returns
    -------
    pandas.DataFrame
        Columns of `cltv.fit_rows.COLUMNS`, with value_basis 'purchases': for every origin and
        model one row of kind 'status' (name 'fit_status', estimate 1 if usable, note 'fitted' or
        no_customers, too_few_customers, no_time_observed, too_few_repeaters, not_converged),
        rows of kind 'diagnostic', and, only if usable, rows of kind 'parameter'.

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible (names column, row and value), or an option
        is unknown.
    """
    chosen = _chosen_models(models)
    _check_options(method, time_unit_days)
    origin, arrays = _checked(cells, with_customers=True)
    rows = []
    for origin_id, members in groups(origin, origins):
        keys, weight = collapse([array[members] for array in arrays[:3]], arrays[3][members])
        part = PurchaseCells(*keys, weight).scaled(float(time_unit_days))
        known = _known(part, float(time_unit_days))
        reason = _refusal(part, known, minimum_customers, minimum_repeaters)
        for model in chosen:
            if reason:
                rows += rows_of_refusal(origin_id, model.name, VALUE_BASIS, reason, known)
            else:
                fit = fit_cells(model, part, method)
                rows += rows_of_fit(origin_id, model.name, VALUE_BASIS, fit, known)
    return frame_of_rows(rows, COLUMNS)


def score_purchase_cells(cells, fits, horizons):
    """Predict for every distinct cell of every origin that has a usable fit.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id, frequency, recency_days, age_days; further columns are ignored.
    fits : pandas.DataFrame
        From `fit_purchase_models`.
    horizons : mapping of str to int
        Days ahead by label, for example ``{"3m": 91, "12m": 365}``.

    Returns
    -------
    pandas.DataFrame
        One row per origin, model and cell, sorted by these: origin_id, model_name, frequency,
        recency_days, age_days (int64), probability_alive, and for each horizon h
        ``expected_orders_<h>`` and ``probability_active_<h>``.

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible, a horizon is not above 0, or a fit names an
        unknown model or lacks a parameter.
    """
    days = _checked_horizons(horizons)
    origin, arrays = _checked(cells, with_customers=False)
    usable = _usable_fits(fits)
    parts = []
    for origin_id, members in groups(origin):
        fitted = usable.get(origin_id)
        if not fitted:
            continue
        keys, _ = collapse([array[members] for array in arrays[:3]], arrays[3][members])
        for model_name in sorted(fitted):
            parts.append(_score(origin_id, MODELS[model_name], *fitted[model_name], keys, days))
    if parts:
        return pd.concat(parts, ignore_index=True)
    return _score("", MODELS["bg_nbd"], np.ones(4), 1.0, [np.empty(0)] * 3, days)


def _score(origin_id, model, params, unit, keys, days):
    x, recency, age = keys[0], keys[1] / unit, keys[2] / unit
    ahead = np.array(list(days.values()), dtype=float) / unit
    expected = model.expected_purchases(params, x, recency, age, ahead)
    active = model.probability_active(params, x, recency, age, ahead)
    table = {
        "origin_id": pd.Series(origin_id, index=range(len(x)), dtype="str"),
        "model_name": pd.Series(model.name, index=range(len(x)), dtype="str"),
        "frequency": x.astype(np.int64),
        "recency_days": keys[1].astype(np.int64),
        "age_days": keys[2].astype(np.int64),
        "probability_alive": model.probability_alive(params, x, recency, age),
    }
    for position, label in enumerate(days):
        table[f"expected_orders_{label}"] = expected[:, position]
        table[f"probability_active_{label}"] = active[:, position]
    return pd.DataFrame(table)


def _checked(cells, with_customers):
    """Return origins (text) and the four checked arrays in the order of the input."""
    origin = text_column(cells, "origin_id", "cells")
    x, recency, age = (column(cells, name, "cells") for name in _CELL_COLUMNS[:3])
    customers = column(cells, "customers", "cells") if with_customers else None
    return origin, check_purchases(
        x, recency, age, customers, names=_CELL_COLUMNS, whole_times=True
    )


def _known(cells, time_unit_days):
    customers = float(cells.weight.sum())
    age = float(weighted_total(cells.weight, cells.age)) / customers if customers else float("nan")
    return {
        "customers": customers,
        "repeaters": float(cells.weight[cells.frequency > 0].sum()),
        "repeat_purchases": float(weighted_total(cells.weight, cells.frequency)),
        "cells": float(len(cells)),
        "mean_age": age,
        "time_unit_days": time_unit_days,
    }


def _refusal(cells, known, minimum_customers, minimum_repeaters):
    if not known["customers"]:
        return "no_customers"
    if known["customers"] < minimum_customers:
        return "too_few_customers"
    if not cells.age.max() > 0:
        return "no_time_observed"
    # a fit without a single repeat purchase does not exist, whatever the minimum
    if known["repeaters"] < max(minimum_repeaters, 1):
        return "too_few_repeaters"
    return None


def _chosen_models(models):
    if isinstance(models, str):
        models = (models,)
    unknown = [name for name in models if name not in MODELS]
    if unknown:
        raise ValueError(f"unknown purchase model {unknown[0]!r}; known: {', '.join(MODELS)}")
    return [MODELS[name] for name in models]


def _check_options(method, time_unit_days):
    if method not in ("map", "mle"):
        raise ValueError(f"method must be 'map' or 'mle', got {method!r}")
    if not (np.isfinite(time_unit_days) and time_unit_days > 0):
        raise ValueError(f"time_unit_days must be above 0, got {time_unit_days!r}")


def _checked_horizons(horizons):
    if not isinstance(horizons, Mapping):
        raise ValueError("horizons must be a mapping of label to days")
    for label, days in horizons.items():
        if not (np.isfinite(days) and days > 0):
            raise ValueError(f"horizon {label!r}: days must be above 0, got {days!r}")
    return dict(horizons)


def _usable_fits(fits):
    """Return {origin: {model: (parameters, time unit)}} of the fits whose status is 1."""
    origin = text_column(fits, "origin_id", "fits")
    model, name, kind = (text_column(fits, key, "fits") for key in ("model_name", "name", "kind"))
    estimate = column(fits, "estimate", "fits")
    values = {}
    for key in zip(origin, model, name, kind, estimate, strict=True):
        values.setdefault((key[0], key[1]), {})[key[3], key[2]] = float(key[4])
    usable = {}
    for (origin_id, model_name), found in values.items():
        if found.get(("status", "fit_status")) != 1.0:
            continue
        if model_name not in MODELS:
            raise ValueError(f"fits: unknown purchase model {model_name!r}")
        if ("diagnostic", "time_unit_days") not in found:
            raise ValueError(f"fits: {model_name} of {origin_id} has no time_unit_days")
        params = {key[1]: value for key, value in found.items() if key[0] == "parameter"}
        vector = MODELS[model_name].parameter_vector(params)
        unit = found["diagnostic", "time_unit_days"]
        usable.setdefault(origin_id, {})[model_name] = (vector, unit)
    return usable
