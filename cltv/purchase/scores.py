"""Predictions for every distinct cell, by every usable model and by their ensembles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cltv.purchase.family import (
    ALL_PATTERNS,
    BY_GROUP,
    DAYS_PER_YEAR,
    ENSEMBLES,
    members,
    read_fits,
)
from cltv.purchase.frames import cell_table
from cltv.purchase.pareto_nbd import ParetoNBD


def score_purchase_cells(
    cells,
    fits,
    horizons,
    annual_discount_rate=0.10,
    discounted_horizon="36m",
    discounted_origins=None,
):
    """Predict for every distinct cell of every origin that has a usable fit.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id, frequency, recency_days, age_days, and, where models were fitted by group,
        covariate_pattern, acquisition_channel, customer_type; further columns are ignored.
    fits : pandas.DataFrame
        From `fit_purchase_models`.
    horizons : mapping of str to int
        Days ahead by label, for example ``{"3m": 91, "12m": 365}``.
    annual_discount_rate : float
        Yearly rate, >= 0: money a year from now is worth 1 / (1 + rate) of money today.
    discounted_horizon : str or None
        Label of the horizon of the discounted purchases; None leaves out that column.
    discounted_origins : sequence of str, optional
        Origins that get discounted purchases, which are the costly part; missing at all others.
        All by default.

    Returns
    -------
    pandas.DataFrame
        One row per origin, model, covariate pattern and cell, sorted by these: origin_id,
        model_name, covariate_pattern, frequency, recency_days, age_days (int64),
        probability_alive, for each horizon h ``expected_orders_<h>`` and
        ``probability_active_<h>``, ``discounted_orders_<discounted_horizon>`` and
        ``discounted_orders_lifetime`` (missing at a rate of 0, where it need not be finite).
        Models: those fitted without groups, 'ensemble' (the mean of its members) and
        'ensemble_by_group'. The covariate pattern is 'all' for all but the last.

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible, a horizon or the rate is out of range, or a
        fit names an unknown model or lacks a parameter.

    Notes
    -----
    Inside, the rate is continuous, ln(1 + yearly rate), and a year has 365 days. A purchase
    counts from the day on which it falls: one u days ahead is worth (1 + rate) ** (-u / 365).
    What a customer bought up to and on the day of the origin is the past and counts nothing.

    The ensemble's probability of a purchase is that of Pareto/NBD, where that is a member, and at
    most the ensemble's expected purchases and its probability of being alive: BG/NBD, in which
    nobody leaves before a second purchase, ranks one-time buyers worse than a coin would, and the
    mean inherits a part of it.
    """
    days = _checked_horizons(horizons, discounted_horizon)
    daily_rate = _daily_rate(annual_discount_rate)
    fitted = read_fits(fits)
    grouped = any(name.endswith(BY_GROUP) for models in fitted.values() for name in models)
    table = cell_table(cells, with_customers=False, with_patterns=grouped)
    figures = _Figures(days, daily_rate, discounted_horizon)
    parts = []
    for origin_id, rows in table.origins():
        models = fitted.get(origin_id, {})
        pooled = {name: one for name, one in models.items() if not name.endswith(BY_GROUP)}
        figures.discounted = discounted_origins is None or origin_id in discounted_origins
        keys = table.cells(rows)
        scored = {name: figures.of(one, one.params, keys) for name, one in pooled.items()}
        together = members(ENSEMBLES[0], models)
        if together:
            values = [scored[one.name] for one in together]
            scored[ENSEMBLES[0]] = figures.together(together, values)
        by_group = members(ENSEMBLES[1], models)
        for name in sorted([*scored, *ENSEMBLES[1:]] if by_group else scored):
            if name in scored:
                parts.append(figures.table(origin_id, name, ALL_PATTERNS, keys, scored[name]))
                continue
            for pattern, members_of_pattern in table.patterns(rows):
                own = table.cells(members_of_pattern)
                levels = table.levels[pattern]
                values = [figures.of(one, one.params_for(levels), own) for one in by_group]
                values = figures.together(by_group, values)
                parts.append(figures.table(origin_id, name, pattern, own, values))
    if parts:
        return pd.concat(parts, ignore_index=True)
    nobody = table.cells(np.empty(0, dtype=int))
    return figures.table("", "", "", nobody, np.empty((0, len(figures.names))))


class _Figures:
    """The columns of predictions and how a model fills them."""

    def __init__(self, days, daily_rate, discounted_horizon):
        self.days = np.array(list(days.values()), dtype=float)
        self.daily_rate = daily_rate
        self.discounted_days = days.get(discounted_horizon)
        self.names = ["probability_alive"]
        for label in days:
            self.names += [f"expected_orders_{label}", f"probability_active_{label}"]
        if discounted_horizon is not None:
            self.names.append(f"discounted_orders_{discounted_horizon}")
        self.names.append("discounted_orders_lifetime")
        self.discounted = True

    def of(self, fitted, params, cells):
        """Return the predictions of one model, shape (n, figures); cells in days."""
        model, unit = fitted.model, fitted.unit
        history = (cells.frequency, cells.recency / unit, cells.age / unit)
        ahead, rate = self.days / unit, self.daily_rate * unit
        values = np.empty((len(cells), len(self.names)))
        values[:, 0] = model.probability_alive(params, *history)
        expected, active, until = self._places()
        values[:, expected] = model.expected_purchases(params, *history, ahead)
        values[:, active] = model.probability_active(params, *history, ahead)
        if not self.discounted:
            values[:, until:] = np.nan
            return values
        if self.discounted_days is not None:
            values[:, until] = model.discounted_purchases(
                params, *history, rate, self.discounted_days / unit
            )
        values[:, -1] = model.discounted_purchases(params, *history, rate) if rate > 0 else np.nan
        return values

    def together(self, fitted, values):
        """Return the ensemble's predictions of those of its members, shape (n, figures)."""
        mean = np.mean(values, axis=0)
        expected, active, _ = self._places()
        for one, own in zip(fitted, values, strict=True):
            if isinstance(one.model, ParetoNBD):
                most = np.minimum(mean[:, expected], mean[:, :1])
                mean[:, active] = np.minimum(own[:, active], most)
        return mean

    def _places(self):
        """Return where expected purchases, probabilities and the rest stand."""
        until = 1 + 2 * len(self.days)
        return slice(1, until, 2), slice(2, until, 2), until

    def table(self, origin_id, model_name, pattern, cells, values):
        """Return predictions with their keys."""
        rows = range(len(cells))
        keys = {
            "origin_id": pd.Series(origin_id, index=rows, dtype="str"),
            "model_name": pd.Series(model_name, index=rows, dtype="str"),
            "covariate_pattern": pd.Series(pattern, index=rows, dtype="str"),
            "frequency": cells.frequency.astype(np.int64),
            "recency_days": cells.recency.astype(np.int64),
            "age_days": cells.age.astype(np.int64),
        }
        return pd.DataFrame(
            keys | {name: values[:, at] for at, name in enumerate(self.names)}, index=rows
        )


def _checked_horizons(horizons, discounted_horizon):
    if not isinstance(horizons, Mapping):
        raise ValueError("horizons must be a mapping of label to days")
    for label, days in horizons.items():
        if not (np.isfinite(days) and days > 0):
            raise ValueError(f"horizon {label!r}: days must be above 0, got {days!r}")
    if discounted_horizon is not None and discounted_horizon not in horizons:
        raise ValueError(
            f"discounted_horizon {discounted_horizon!r} is none of {', '.join(horizons)}"
        )
    return dict(horizons)


def _daily_rate(annual_discount_rate):
    if not (np.isfinite(annual_discount_rate) and annual_discount_rate >= 0):
        raise ValueError(f"annual_discount_rate must be at least 0, got {annual_discount_rate!r}")
    return float(np.log1p(annual_discount_rate)) / DAYS_PER_YEAR
