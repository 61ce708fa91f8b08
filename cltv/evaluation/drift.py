"""Has the ground moved since the last fit? Inputs, parameters, and how a forecast came true."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cltv.frames import number_column, text_column
from cltv.purchase.family import BY_GROUP
from cltv.purchase.frames import cell_table

FREQUENCY_BINS = (1, 2, 3, 5, 10)
"""Lower ends of the bins of frequency after the first, 0."""

TIME_BINS = 10
"""Bins of silence and age: tenths of the customers of the earlier population."""

STABLE, MOVED = 0.1, 0.25
"""Customary limits of the index: below the first little has changed, above the second much has."""

SHARE_FLOOR = 1e-4
"""An empty bin counts as this share: the index has no logarithm of zero."""

_NORMAL_95 = 1.959963984540054


def population_stability_index(before, after, floor=SHARE_FLOOR):
    """Return how far two distributions over the same bins lie apart.

    Parameters
    ----------
    before, after : array_like, shape (bins,)
        Customers or shares per bin, >= 0.
    floor : float
        Least share of a bin.

    Returns
    -------
    float
        Sum of (q - p) ln(q / p) over bins, >= 0, symmetric; NaN if one side has no customers.

    Raises
    ------
    ValueError
        If the numbers of bins differ, or a value is negative or not finite.
    """
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if before.shape != after.shape:
        raise ValueError(f"before has {before.size} bins, after has {after.size}")
    for name, values in (("before", before), ("after", after)):
        if not np.isfinite(values).all() or (values < 0).any():
            raise ValueError(f"{name} must be finite and at least 0")
        if not values.sum() > 0:
            return float("nan")
    p = np.maximum(before / before.sum(), floor)
    q = np.maximum(after / after.sum(), floor)
    return float(((q - p) * np.log(q / p)).sum())


def cell_drift(before, after):
    """Return the stability index of frequency, silence and age between two sets of cells.

    Parameters
    ----------
    before, after : pandas.DataFrame
        frequency, recency_days, age_days, customers: the cells of one origin each.

    Returns
    -------
    dict of str to float
        By 'frequency', 'silence' (days since the last purchase) and 'age'; NaN if one side is
        empty. A closed group of customers grows older by itself: age tells how new customers
        come in, not how the old ones behave.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    sides = [_measures(frame, name) for frame, name in ((before, "before"), (after, "after"))]
    if not all(weight.sum() > 0 for _, weight in sides):
        return dict.fromkeys(sides[0][0], float("nan"))
    found = {}
    for name, values in sides[0][0].items():
        edges = FREQUENCY_BINS if name == "frequency" else _tenths(values, sides[0][1])
        counts = [
            np.bincount(
                np.searchsorted(edges, measures[name], side="right"),
                weights=weight,
                minlength=len(edges) + 1,
            )
            for measures, weight in sides
        ]
        found[name] = population_stability_index(*counts)
    return found


def parameter_drift(before, after):
    """Return how many standard errors each parameter has moved between two fits.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Columns of `cltv.fit_rows.COLUMNS`, one origin each.

    Returns
    -------
    pandas.DataFrame
        model_name, value_basis, name, estimate_before, estimate_after, standard_errors (of the
        change of the logarithm), for the parameters that both have; NaN where an interval is
        missing.

    Raises
    ------
    ValueError
        If a column is missing.

    Notes
    -----
    ln(after / before) over the root of the summed squared standard errors of the logarithms,
    which are read from the 95 % intervals: these are symmetric in logs. Fits that share
    customers vary less against each other than this says, so that an alarm is rather missed than
    false.
    """
    keys = ["model_name", "value_basis", "name"]
    sides = []
    for frame, table in ((before, "before"), (after, "after")):
        for name in (*keys, "kind", "estimate", "lower_95", "upper_95"):
            if name not in frame.columns:
                raise ValueError(f"{table}: column {name!r} is missing")
        part = frame[text_column(frame, "kind", table) == "parameter"]
        logs = np.log(
            np.column_stack(
                [number_column(part, name, table) for name in ("estimate", "lower_95", "upper_95")]
            )
        )
        sides.append(
            part[keys].assign(
                estimate=number_column(part, "estimate", table),
                log=logs[:, 0],
                error=(logs[:, 2] - logs[:, 1]) / (2 * _NORMAL_95),
            )
        )
    both = sides[0].merge(sides[1], on=keys, suffixes=("_before", "_after")).sort_values(keys)
    spread = np.hypot(both["error_before"], both["error_after"])
    moved = (both["log_after"] - both["log_before"]) / spread.where(spread > 0)
    return (
        both[[*keys, "estimate_before", "estimate_after"]]
        .assign(standard_errors=moved)
        .reset_index(drop=True)
    )


def forecast_check(predicted, actual, lower=None, upper=None):
    """Return how a frozen forecast came true.

    Parameters
    ----------
    predicted, actual : float
        Totals of the same customers over the same days, >= 0.
    lower, upper : float, optional
        Band of actual over predicted, from `cltv.evaluation.grading.total_band`.

    Returns
    -------
    ratio : float
        Actual over predicted; NaN if nothing was predicted.
    verdict : str
        'within_band', 'below_band', 'above_band', 'no_band', or 'nothing_predicted'.

    Raises
    ------
    ValueError
        If a total is negative or not finite.
    """
    for name, value in (("predicted", predicted), ("actual", actual)):
        if not (np.isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be finite and at least 0, got {value!r}")
    if not predicted > 0:
        return float("nan"), "nothing_predicted"
    ratio = float(actual / predicted)
    if lower is None or upper is None or not (np.isfinite(lower) and np.isfinite(upper)):
        return ratio, "no_band"
    if ratio < lower:
        return ratio, "below_band"
    return ratio, "above_band" if ratio > upper else "within_band"


def _measures(frame, table):
    frequency, recency, age, customers = (
        number_column(frame, name, table)
        for name in ("frequency", "recency_days", "age_days", "customers")
    )
    return {"frequency": frequency, "silence": age - recency, "age": age}, customers


def _tenths(values, weight):
    """Inner edges of bins with about equally many customers, without repeats."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    marks = np.arange(1, TIME_BINS) / TIME_BINS
    position = np.minimum(np.searchsorted(share, marks), len(values) - 1)
    return np.unique(values[order][position])


def drift_figures(cells, fits, before, after):
    """Return what has moved between two origins, as rows: inputs, then parameters.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id, frequency, recency_days, age_days, customers.
    fits : pandas.DataFrame
        Columns of `cltv.fit_rows.COLUMNS`.
    before, after : str
        The two origins.

    Returns
    -------
    pandas.DataFrame
        drift_kind ('input', 'parameter'), figure_name, value_before and value_now (the mean of
        the input, or the estimate), distance (stability index, or standard errors without sign).
        No rows where one of the origins has no cells.

    Raises
    ------
    ValueError
        If a column is missing, or a row is impossible: names column, row (from 0) and value.
    """
    columns = ["drift_kind", "figure_name", "value_before", "value_now", "distance"]
    cell_table(cells, with_customers=True, with_patterns=False)
    origins = text_column(cells, "origin_id", "cells")
    sides = [cells[origins == origin] for origin in (before, after)]
    rows = []
    if all(len(side) for side in sides):
        measured = [_measures(side, "cells") for side in sides]
        for name, distance in cell_drift(*sides).items():
            means = [np.average(values[name], weights=weight) for values, weight in measured]
            rows.append(("input", name, *means, distance))
    models = text_column(fits, "model_name", "fits")
    # as an array: of an empty list pandas would keep no columns
    pooled = fits[np.array([not name.endswith(BY_GROUP) for name in models], dtype=bool)]
    origins = text_column(pooled, "origin_id", "fits")
    moved = parameter_drift(*(pooled[origins == origin] for origin in (before, after)))
    for row in moved.itertuples():
        name = f"{row.model_name}: {row.name}"
        values = (row.estimate_before, row.estimate_after)
        rows.append(("parameter", name, *values, abs(row.standard_errors)))
    return pd.DataFrame(rows, columns=columns)
