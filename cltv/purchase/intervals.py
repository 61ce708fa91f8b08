"""Predictive intervals per cell: quantiles of orders and of value, and where a count fell.

Every cell gets draws from its own predictive distribution, all from the same few hundred
quasi-random points: neighbouring cells then differ by their histories and not by luck, and the
result is the same on every run.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from cltv.cells import PurchaseCells, check_counts, collapse
from cltv.frames import column, number_column, text_column
from cltv.purchase.family import ALL_PATTERNS, BY_GROUP, ENSEMBLES, MODELS, members, read_fits
from cltv.purchase.frames import cell_table
from cltv.purchase.quadrature import even_points

LEVELS = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
"""Quantiles: the ends of the central 90, 80 and 50 %, and the median."""

VALUE_BASIS = "net_revenue"

_BLOCK = 4_000_000  # numbers in one block of draws: bounds the memory
_DRAW_COLUMNS, _SPEND_COLUMNS = 5, 2


def purchase_cell_intervals(
    cells,
    fits,
    spend_fits,
    origins,
    models=ENSEMBLES,
    draws=768,
):
    """Predictive quantiles of orders and of the value ratio for every distinct cell.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id, frequency, recency_days, age_days, purchase_count (the purchases behind the
        mean value that the spend model conditions on: fewer than frequency + 1 where a day left
        nothing, or where repeat purchases only are valued), and, for 'ensemble_by_group',
        covariate_pattern, acquisition_channel, customer_type.
    fits : pandas.DataFrame
        From `fit_purchase_models`.
    spend_fits : pandas.DataFrame
        From `cltv.spend.fit_spend_models`; net revenue is what is read.
    origins : pandas.DataFrame
        origin_id and horizon_days; only origins in this table get intervals.
    models : sequence of str
        'ensemble', 'ensemble_by_group' or single models.
    draws : int
        Draws per cell, at least this many: an ensemble's are shared out equally to its members,
        to each a power of two.

    Returns
    -------
    pandas.DataFrame
        One row per origin, model, covariate pattern and cell, sorted by these: origin_id,
        model_name, covariate_pattern, frequency, recency_days, age_days, purchase_count (int64),
        orders_p05, p10, p25, p50, p75, p90, p95, and value_ratio_p05 to value_ratio_p95. The
        quantile of a customer's value is value ratio x (v + n m), with v of the spend model and
        n = purchase_count purchases of mean value m. Value ratios are missing where the origin
        has no usable spend model.

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible, a fit lacks a parameter, or an option is out
        of range.

    Notes
    -----
    A quantile is the smallest draw that at least the stated share of draws does not exceed: for
    counts the true content of an interval is therefore above its name. Given the number of
    purchases Y, spend is Gamma(p Y) at a rate drawn from Gamma(p n + q, v + n m) (Fader & Hardie
    2013), so that value / (v + n m) = Gamma(p Y) / Gamma(p n + q), and 0 where Y = 0.
    Parameters are taken as known. Drawing them, too, changed the coverage of central 90 and 50 %
    intervals by less than half a point in simulations of as few as 50 customers, where it was
    within a point of the content that the true parameters give: one customer's own luck is far
    larger than the error of what is shared by all.
    """
    if isinstance(models, str):
        models = (models,)
    known = {*ENSEMBLES, *MODELS}
    for name in models:
        if name not in known:
            raise ValueError(f"unknown purchase model {name!r}; known: {', '.join(sorted(known))}")
    fitted, spend = read_fits(fits), _usable_spend(spend_fits)
    horizon = _horizons(origins)
    table = cell_table(cells, with_customers=False, with_patterns=_grouped(models, fitted))
    purchases = check_counts(column(cells, "purchase_count", "cells"), "purchase_count")
    parts, known = [], {}
    for origin_id, rows in table.origins():
        if origin_id not in horizon:
            continue
        for name in sorted(models):
            for pattern, positions, part in _parts(table, rows, name, fitted.get(origin_id, {})):
                own, behind = _valued_cells(table, positions, purchases)
                drawing = _Drawing(part, horizon[origin_id], draws, known)
                quantiles = _quantiles(drawing, own, behind, spend.get(origin_id))
                parts.append(_frame(origin_id, name, pattern, own, behind, quantiles))
    if parts:
        return pd.concat(parts, ignore_index=True)
    nobody = _valued_cells(table, np.empty(0, dtype=int), purchases)
    return _frame("", "", "", *nobody, np.empty((0, 2 * len(LEVELS))))


def predictive_distribution(
    cells, fits, counts, horizon_days_by_origin, model="ensemble", draws=1002
):
    """Where given counts fall in their predictive distribution.

    Parameters
    ----------
    cells : pandas.DataFrame, n rows
        origin_id, frequency, recency_days, age_days, and, for 'ensemble_by_group',
        covariate_pattern, acquisition_channel, customer_type.
    fits : pandas.DataFrame
        From `fit_purchase_models`.
    counts : array_like of int, shape (n,)
        Purchases to look up, one per row.
    horizon_days_by_origin : mapping of str to float
        Days ahead.
    model : str
        'ensemble', 'ensemble_by_group' or a single model.
    draws : int
        Draws per cell, at least this many.

    Returns
    -------
    below, up_to : ndarray, shape (n,)
        F(count - 1) and F(count), in the order of the rows; NaN where the origin has no usable
        fit or no horizon. A uniform number between the two is the randomised probability
        integral transform, which is uniform where the prediction is right.

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible, or the counts are not whole numbers of at
        least 0.
    """
    fitted = read_fits(fits)
    table = cell_table(cells, with_customers=False, with_patterns=_grouped([model], fitted))
    counts = np.asarray(counts, dtype=float)
    if counts.shape != table.frequency.shape:
        raise ValueError(f"counts: {len(counts)} rows where {len(table.frequency)} are expected")
    if not ((counts >= 0) & (counts == np.floor(counts))).all():
        raise ValueError("counts must be whole numbers of at least 0")
    below, up_to = np.full((2, len(counts)), np.nan)
    for origin_id, rows in table.origins():
        if origin_id not in horizon_days_by_origin:
            continue
        fits_of_origin = fitted.get(origin_id, {})
        for _, positions, part in _parts(table, rows, model, fits_of_origin):
            own = table.cells(positions)
            drawing = _Drawing(part, float(horizon_days_by_origin[origin_id]), draws)
            at = _position(table, positions, own)
            order = np.argsort(at, kind="stable")
            positions, at = positions[order], at[order]
            for start, stop, drawn in drawing.blocks(own):
                inside = slice(*np.searchsorted(at, [start, stop]))
                mine, drawn = positions[inside], np.sort(drawn, axis=1)
                for target, side in ((below, "left"), (up_to, "right")):
                    target[mine] = _rank(drawn, at[inside] - start, counts[mine], side)
    return below, up_to


class _Drawing:
    """Draws of an equal mixture of models for the customers of one pattern."""

    def __init__(self, part, horizon_days, draws, known=None):
        self.part, self.horizon_days = part, horizon_days
        self.known = {} if known is None else known
        # even by powers of two: 256 points for each of three members leave the demo's quantiles of
        # value within 2 points of probability, and right on average
        self.each = 2 ** int(np.ceil(np.log2(max(int(draws), 1) / len(part))).clip(0))
        points = even_points(self.each * len(part), _DRAW_COLUMNS + _SPEND_COLUMNS)
        self.uniforms = points[:, :_DRAW_COLUMNS]
        self.spend_uniforms = points[:, _DRAW_COLUMNS:]

    def tables(self, spend):
        """Return the tables of spend at these draws, shared with the other patterns."""
        key = (spend, len(self.uniforms))
        if key not in self.known:
            self.known[key] = _SpendTables(spend, self.spend_uniforms)
        return self.known[key]

    def blocks(self, cells):
        """Yield (start, stop, draws of shape (stop - start, d)) over the sorted cells."""
        count = len(self.uniforms)
        rows = max(1, _BLOCK // count)
        for start in range(0, len(cells), rows):
            stop = min(start + rows, len(cells))
            drawn = np.empty((stop - start, count), dtype=np.int32)
            for at, (one, params) in enumerate(self.part):
                own = slice(at * self.each, (at + 1) * self.each)
                drawn[:, own] = one.model.draw_purchases(
                    params,
                    cells.frequency[start:stop],
                    cells.recency[start:stop] / one.unit,
                    cells.age[start:stop] / one.unit,
                    self.horizon_days / one.unit,
                    self.uniforms[own],
                )
            yield start, stop, drawn


def _parts(table, rows, name, fitted):
    """Yield (pattern, row positions, [(model, parameters)]) of one prediction."""
    chosen = members(name, fitted)
    if not chosen:
        return
    patterns = table.patterns(rows) if name.endswith(BY_GROUP) else [(ALL_PATTERNS, rows)]
    for pattern, positions in patterns:
        part = [(one, one.params_for(table.levels.get(pattern, {}))) for one in chosen]
        yield pattern, positions, part


def _valued_cells(table, rows, purchases):
    """Return the distinct cells of these rows by purchases behind the mean value, and these."""
    keys = [table.frequency[rows], table.recency[rows], table.age[rows], purchases[rows]]
    (*keys, behind), weight, log_gap_sum = collapse(
        keys, table.customers[rows], table.log_gap_sum[rows]
    )
    return PurchaseCells(*keys, weight, log_gap_sum), behind


def _quantiles(drawing, cells, purchases, spend):
    """Quantiles of orders, then of value ratios, shape (n, 2 x levels)."""
    count = len(drawing.uniforms)
    # the smallest draw with at least this share of draws up to it
    ranks = np.ceil(np.array(LEVELS) * count - 1e-9).astype(int) - 1
    result = np.full((len(cells), 2 * len(LEVELS)), np.nan)
    for start, stop, drawn in drawing.blocks(cells):
        if spend is not None:
            ratios = _ratios(drawn, purchases[start:stop], drawing.tables(spend))
            ratios.sort(axis=1)
            result[start:stop, len(LEVELS) :] = ratios[:, ranks]
        drawn.sort(axis=1)
        result[start:stop, : len(LEVELS)] = drawn[:, ranks]
    return result


def _ratios(drawn, purchases, tables):
    """Return value / (v + n m) for each draw, shape (n, d)."""
    width = drawn.shape[1]
    highest = int(drawn.max(initial=0))
    if highest <= 4096:
        seen = np.flatnonzero(np.bincount(drawn.ravel(), minlength=highest + 1))
        start = np.zeros(highest + 1, dtype=np.intp)
        start[seen] = np.arange(0, len(seen) * width, width)
        place = start[drawn]
    else:
        seen, place = np.unique(drawn, return_inverse=True)
        place = place.reshape(drawn.shape) * width
    # along one line: to look up row and column of each draw takes three times as long
    place += np.arange(width)
    ratios = tables.total(seen).ravel().take(place)
    behind, spread = np.unique(purchases, return_inverse=True)
    ratios /= tables.own(behind)[spread]
    return ratios


class _SpendTables:
    """Gamma quantiles of spend at the draws' uniforms; each shape is looked up once."""

    def __init__(self, spend, uniforms):
        self.p, self.q = spend
        self.uniforms = uniforms
        self._total, self._own = {}, {}

    def total(self, counts):
        """Of the sum of this many purchases, one row per count; 0 where there is none."""
        return self._rows(self._total, counts, self.p * counts, 0)

    def own(self, purchases):
        """Of the rate of customers with this many purchases behind their mean."""
        return self._rows(self._own, purchases, self.p * purchases + self.q, 1)

    def _rows(self, known, numbers, shapes, column):
        new = np.array([number not in known for number in numbers], dtype=bool)
        rows = _gamma_table(shapes[new], self.uniforms[:, column])
        known.update(zip(numbers[new], rows, strict=True))
        return np.array([known[number] for number in numbers])


def _gamma_table(shapes, uniforms):
    """Gamma quantiles by distinct shape, (shapes, d); 0 at shape 0."""
    table = np.zeros((len(shapes), len(uniforms)))
    positive = shapes > 0
    # a quantile below the smallest number would be a zero to divide by
    table[positive] = np.maximum(gammaincinv(shapes[positive][:, None], uniforms[None, :]), 1e-300)
    return table


def _rank(drawn, rows, counts, side):
    """Share of each row's sorted draws below (left) or up to (right) a count."""
    # one search over all rows at once: rows are laid end to end on one line
    count = drawn.shape[1]
    reach = float(max(drawn.max(initial=0), counts.max(initial=0))) + 1.0
    line = (drawn + np.arange(len(drawn))[:, None] * reach).ravel()
    return (np.searchsorted(line, counts + rows * reach, side) - rows * count) / count


def _position(table, rows, cells):
    """Return the position of each row among the sorted distinct cells."""
    keys = pd.MultiIndex.from_arrays([cells.frequency, cells.recency, cells.age])
    wanted = [table.frequency[rows], table.recency[rows], table.age[rows]]
    return keys.get_indexer(pd.MultiIndex.from_arrays(wanted))


def _grouped(models, fitted):
    found = {name for fits in fitted.values() for name in fits}
    return any(name.endswith(BY_GROUP) for name in models) and any(
        name.endswith(BY_GROUP) for name in found
    )


def _frame(origin_id, model_name, pattern, cells, purchases, quantiles):
    rows = range(len(cells))
    keys = {
        "origin_id": pd.Series(origin_id, index=rows, dtype="str"),
        "model_name": pd.Series(model_name, index=rows, dtype="str"),
        "covariate_pattern": pd.Series(pattern, index=rows, dtype="str"),
        "frequency": cells.frequency.astype(np.int64),
        "recency_days": cells.recency.astype(np.int64),
        "age_days": cells.age.astype(np.int64),
        "purchase_count": purchases.astype(np.int64),
    }
    labels = [f"p{round(level * 100):02d}" for level in LEVELS]
    names = [f"orders_{label}" for label in labels] + [f"value_ratio_{label}" for label in labels]
    return pd.DataFrame(
        keys | {name: quantiles[:, at] for at, name in enumerate(names)}, index=rows
    )


def _horizons(origins):
    if isinstance(origins, Mapping):
        return {str(key): float(days) for key, days in origins.items()}
    origin = text_column(origins, "origin_id", "origins")
    days = number_column(origins, "horizon_days", "origins")
    for row, value in enumerate(days):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"column 'horizon_days', row {row}: {value:g} is not above 0")
    return dict(zip(origin, days, strict=True))


def _usable_spend(spend_fits):
    """Return {origin: (p, q)} of the usable fits on net revenue."""
    keys = ("origin_id", "value_basis", "name", "kind")
    origin, basis, name, kind = (text_column(spend_fits, key, "spend_fits") for key in keys)
    estimate = number_column(spend_fits, "estimate", "spend_fits")
    found = {}
    for row in zip(origin, basis, name, kind, estimate, strict=True):
        if row[1] == VALUE_BASIS:
            found.setdefault(row[0], {})[row[3], row[2]] = float(row[4])
    usable = {}
    for origin_id, rows in found.items():
        if rows.get(("status", "fit_status")) == 1.0:
            for name in ("p", "q"):
                if not np.isfinite(rows.get(("parameter", name), np.nan)):
                    raise ValueError(f"spend_fits: the fit of {origin_id} has no parameter {name}")
            usable[origin_id] = (rows["parameter", "p"], rows["parameter", "q"])
    return usable
