"""Has the ground moved since a month ago? Inputs, and what the fitted parameters foresee."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cltv.cells import weighted_total
from cltv.frames import number_column, text_column
from cltv.maximum_likelihood import PRIOR_SD
from cltv.purchase.family import BY_GROUP, ENSEMBLES, members, read_fits
from cltv.purchase.frames import cell_table

FREQUENCY_BINS = (1, 2, 3, 5, 10)
"""Lower ends of the bins of frequency after the first, 0."""

TIME_BINS = 10
"""Bins of silence and age: tenths of the customers of the earlier population."""

STABLE, MOVED = 0.1, 0.25
"""Customary limits of the index: below the first little has changed, above the second much has."""

SHARE_FLOOR = 1e-4
"""An empty bin counts as this share: the index has no logarithm of zero."""

HORIZON_DAYS = 365.0
"""Fits are compared by the purchases that they foresee for so long."""

CHANCE = 2.0
"""Standard errors that chance may explain."""

_STEP = 1e-4


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


def forecast_error(models, earlier_cells, later_cells):
    """Return by what share a forecast moves by chance from one fit to a later one.

    Parameters
    ----------
    models : list of FittedModel
        The models whose mean is the forecast, as fitted to the earlier cells, alike for all
        customers.
    earlier_cells, later_cells : PurchaseCells
        What the earlier and the later fit have seen; times in days.

    Returns
    -------
    float
        Standard error of the share by which the two forecasts of the same customers differ where
        nothing has changed; NaN without models.

    Notes
    -----
    The later data contain the earlier, so that the variances of the two fits do not add up. Where
    nothing has changed, the earlier fit is the later one and noise that is independent of it
    (Hausman, 1978): the variance of their difference is that of the earlier less that of the
    later. As variance falls with the time for which customers are watched, that is the variance of
    the earlier forecast × the share of customer-days that it had not seen. A difference of two
    estimated variances says the same where nothing has changed, and comes out as nothing where
    purchases fail to come, which is where it is needed.

    The variance of the earlier forecast is that of its parameters (from the slopes of the
    customers' log-likelihoods, and the prior) along the slope of the forecast. The models err
    together, so that their errors, and not their variances, are averaged.
    """
    if not models:
        return float("nan")
    errors = [np.sqrt(_relative_variance(one, earlier_cells)) for one in models]
    watched = [
        float(weighted_total(cells.weight, cells.age)) for cells in (earlier_cells, later_cells)
    ]
    unseen = max(0.0, 1.0 - watched[0] / watched[1]) if watched[1] > 0 else 0.0
    return float(np.mean(errors) * np.sqrt(unseen))


def _expected(member, params, cells):
    """Purchases of all customers of these cells within the horizon."""
    history = (cells.frequency, cells.recency / member.unit, cells.age / member.unit)
    expected = member.model.expected_purchases(params, *history, HORIZON_DAYS / member.unit)
    return float(weighted_total(cells.weight, expected))


def _expected_together(models, groups):
    if not models:
        return float("nan")
    totals = [
        sum(_expected(member, member.params_for(levels), cells) for levels, cells in groups)
        for member in models
    ]
    return float(np.mean(totals))


def _relative_variance(member, cells):
    """Variance of the logarithm of a member's forecast that its parameters bring with them."""
    scaled = cells.scaled(member.unit)
    slopes = member.model.cell_scores(member.params, scaled)[1]
    squares = (slopes[:, :, None] * slopes[:, None, :]).reshape(len(slopes), -1)
    information = weighted_total(scaled.weight, squares).reshape(slopes.shape[1], -1)
    information = information + np.eye(len(information)) * PRIOR_SD**-2
    level = _expected(member, member.params, cells)
    stepped = member.params * np.exp(_STEP * np.eye(len(member.params)))
    slope = np.array(
        [(_expected(member, params, cells) / level - 1.0) / _STEP for params in stepped]
    )
    return float(slope @ np.linalg.solve(information, slope))


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
        origin_id, frequency, recency_days, age_days, customers, and, where models were fitted by
        group, covariate_pattern, acquisition_channel, customer_type.
    fits : pandas.DataFrame
        From `cltv.purchase.fit_purchase_models`.
    before, after : str
        The two origins.

    Returns
    -------
    pandas.DataFrame
        drift_kind ('input', 'parameter'), figure_name, value_before, value_now, distance. An input
        is its mean, and its distance the stability index. Parameters are shown by what they say:
        the purchases that the customers of the later origin are expected to make within
        `HORIZON_DAYS` days, by either fit of each ensemble and of each member of the pooled one,
        and the share by which the two differ, less `CHANCE` standard errors (see
        `forecast_error`), at least 0. Where a side has no customers, or no usable fit, its value
        and the distance are missing. No rows where the later origin has no cells.

    Raises
    ------
    ValueError
        If a column is missing, or a row is impossible: names column, row (from 0) and value.
    """
    fitted = read_fits(fits)
    grouped = any(name.endswith(BY_GROUP) for models in fitted.values() for name in models)
    table = cell_table(cells, with_customers=True, with_patterns=grouped)
    positions = dict(table.origins([before, after]))
    rows = []
    if len(positions[after]):
        origins = text_column(cells, "origin_id", "cells")
        rows += _input_rows(*(cells[origins == origin] for origin in (before, after)))
        rows += _parameter_rows(table, positions, fitted, before, after)
    columns = ["drift_kind", "figure_name", "value_before", "value_now", "distance"]
    return pd.DataFrame(rows, columns=columns)


def _input_rows(before, after):
    (values_before, weight_before), (values_after, weight_after) = (
        _measures(before, "cells"),
        _measures(after, "cells"),
    )
    return [
        (
            "input",
            name,
            np.average(values_before[name], weights=weight_before) if len(before) else np.nan,
            np.average(values_after[name], weights=weight_after),
            distance,
        )
        for name, distance in cell_drift(before, after).items()
    ]


def _parameter_rows(table, positions, fitted, before, after):
    earlier_cells, today = (table.cells(positions[origin]) for origin in (before, after))
    everybody = [({}, today)]
    by_pattern = [
        (table.levels.get(pattern, {}), table.cells(rows))
        for pattern, rows in table.patterns(positions[after])
    ]
    pooled, by_group = ENSEMBLES
    then, now = fitted.get(before, {}), fitted.get(after, {})
    compared = [
        (name, everybody) for name in (pooled, *(one.name for one in members(pooled, then)))
    ]
    if members(by_group, then) or members(by_group, now):
        compared.append((by_group, by_pattern))
    rows = []
    for name, groups in compared:
        sides = [members(name, fits) for fits in (then, now)]
        expected, now_expected = (_expected_together(side, groups) for side in sides)
        # groups share one level, which is as well known with them as without
        alike = [then[one.name.removesuffix(BY_GROUP)] for one in sides[0]]
        error = forecast_error(alike, earlier_cells, today)
        moved = abs(now_expected - expected) / expected - CHANCE * error
        # of a missing value and 0 the greater would be 0
        distance = moved if np.isnan(moved) else max(0.0, moved)
        rows.append(("parameter", name, expected, now_expected, distance))
    return rows
