"""Spend models on tables: what a purchase is worth, for every origin and value basis at once."""

from __future__ import annotations

import numpy as np

from cltv.cells import SpendCells, check_spend, collapse, weighted_total
from cltv.fit_rows import COLUMNS, rows_of_fit, rows_of_status
from cltv.frames import column, frame_of_rows, groups, text_column
from cltv.spend.gamma_gamma import (
    SpendFit,
    expected_average_value,
    fit_cells,
    fit_gamma_gamma,
    varies,
)
from cltv.spend.independence import (
    correlation_without_top,
    rank_correlation,
    weighted_correlation,
)

__all__ = [
    "VALUE_BASES",
    "SpendFit",
    "expected_average_value",
    "fit_gamma_gamma",
    "fit_spend_models",
]

MODEL_NAME = "gamma_gamma"

VALUE_BASES = ("net_revenue", "gross_margin")
"""On what a value can be counted."""

_CELL_COLUMNS = ("purchase_count", "mean_value", "customers")


def fit_spend_models(cells, method="map", minimum_customers=30, origins=None):
    """Fit Gamma-Gamma for every origin and basis; refuse with a reason, never by an error.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id (str), value_basis ('net_revenue' or 'gross_margin'), purchase_count (whole,
        >= 1), mean_value (> 0, one currency), customers (whole, > 0). Rows may come in any order.
    method : {'map', 'mle'}
        Maximum a posteriori under weak priors, or plain maximum likelihood.
    minimum_customers : int
        Below this a fit is refused.
    origins : sequence of str, optional
        Origins that must have a status on both bases even where they have no cells.

    Returns
    -------
    pandas.DataFrame
        Columns of `cltv.fit_rows.COLUMNS`, with model_name 'gamma_gamma': for every origin and
        basis one row of kind 'status' (name 'fit_status', estimate 1 if usable, note 'fitted' or
        no_customers, too_few_customers, no_variation, not_converged), rows of kind 'diagnostic',
        and, only if usable, rows of kind 'parameter' (p, q, and v in the currency unit).

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible (names column, row and value), or an option
        is unknown.
    """
    if method not in ("map", "mle"):
        raise ValueError(f"method must be 'map' or 'mle', got {method!r}")
    origin = text_column(cells, "origin_id", "cells")
    basis = text_column(cells, "value_basis", "cells")
    for row, value in enumerate(basis):
        if value not in VALUE_BASES:
            raise ValueError(f"column 'value_basis', row {row}: {value!r} is not known")
    arrays = check_spend(
        *(column(cells, name, "cells") for name in _CELL_COLUMNS),
        names=_CELL_COLUMNS,
        whole_weights=True,
    )

    expected = [(label, kind) for label in origins or () for kind in VALUE_BASES]
    keys = np.empty(len(origin), dtype=object)
    keys[:] = list(zip(origin, basis, strict=True))
    rows = []
    for (origin_id, value_basis), members in groups(keys, expected):
        values, weight = collapse([array[members] for array in arrays[:2]], arrays[2][members])
        part = SpendCells(*values, weight)
        known = _known(part)
        reason = _refusal(part, known, minimum_customers)
        if reason:
            rows += rows_of_status(origin_id, MODEL_NAME, value_basis, reason, known)
        else:
            fit = fit_cells(part, method)
            known["population_mean_value"] = fit.population_mean
            rows += rows_of_fit(origin_id, MODEL_NAME, value_basis, fit, known)
    return frame_of_rows(rows, COLUMNS)


def _known(cells):
    count, mean, weight = cells.count, cells.mean, cells.weight
    customers = float(weight.sum())
    return {
        "customers": customers,
        "purchases": float(weighted_total(weight, count)),
        "cells": float(len(cells)),
        "mean_value": float(weighted_total(weight, mean)) / customers
        if customers
        else float("nan"),
        "frequency_value_correlation": weighted_correlation(count, mean, weight),
        "frequency_value_rank_correlation": rank_correlation(count, mean, weight),
        "frequency_value_correlation_without_top": correlation_without_top(count, mean, weight),
    }


def _refusal(cells, known, minimum_customers):
    if not known["customers"]:
        return "no_customers"
    if known["customers"] < minimum_customers:
        return "too_few_customers"
    if not varies(cells.mean):
        return "no_variation"
    return None
