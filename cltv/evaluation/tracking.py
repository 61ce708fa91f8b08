"""Purchases over calendar time as a model would have told them, to lay beside those that came."""

from __future__ import annotations

import numpy as np

from cltv.frames import frame_of_rows, groups, number_column, text_column
from cltv.purchase.family import BY_GROUP, members, read_fits

COLUMNS = {
    "origin_id": "str",
    "model_name": "str",
    "period_index": "int64",
    "start_day": "int64",
    "end_day": "int64",
    "customers": "float64",
    "expected_orders": "float64",
    "cumulative_expected_orders": "float64",
}
"""Columns of the tracking table and their pandas types."""

MOST_DAYS = 73_000
"""Two hundred years: a longer age or horizon is a mistake, and would be a table of its own."""


def tracking(cells, fits, origins, step_days=28):
    """Return the repeat purchases that each model expects in each period, before and after.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id, age_days (whole days >= 0 since the first purchase), customers; further columns
        are ignored.
    fits : pandas.DataFrame
        From `cltv.purchase.fit_purchase_models`.
    origins : pandas.DataFrame
        origin_id, horizon_days (> 0): only these origins are tracked.
    step_days : int
        Length of a period, >= 1.

    Returns
    -------
    pandas.DataFrame
        Columns of `COLUMNS`. Days count from the origin's date: a period holds the days after
        `start_day` up to and with `end_day`. Periods meet at the origin (day 0), index 0 is the
        first after it; the last one ends with the horizon and may be shorter, the first one
        begins at or before the first customer's first purchase. `customers` are those who had
        come by `end_day`; customers who came after the origin are not in it.

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible, or the step is no whole number above 0.

    Notes
    -----
    The sum over customers of the purchases expected of a new customer by the age reached: their
    own histories are not looked at, which is what tracking plots show (Fader, Hardie & Lee 2005).
    """
    if int(step_days) != step_days or step_days < 1:
        raise ValueError(f"step_days must be a whole number above 0, got {step_days!r}")
    step = int(step_days)
    fitted = read_fits(fits)
    horizons = dict(
        zip(
            text_column(origins, "origin_id", "origins"),
            _within(number_column(origins, "horizon_days", "origins"), "horizon_days", 1),
            strict=True,
        )
    )
    origin = text_column(cells, "origin_id", "cells")
    age = _within(number_column(cells, "age_days", "cells"), "age_days", 0)
    customers = _within(number_column(cells, "customers", "cells"), "customers", 0, np.inf)
    rows = []
    for origin_id, inside in groups(origin):
        if origin_id not in horizons or origin_id not in fitted:
            continue
        ages, position = np.unique(age[inside], return_inverse=True)
        weight = np.bincount(position, weights=customers[inside])
        days = _edges(ages[-1], int(horizons[origin_id]), step)
        # age of every distinct cohort on every edge; before the first purchase nothing happens
        reached = np.maximum(ages[None, :] + days[:, None], 0.0)
        present = (weight * (ages[None, :] + days[1:, None] >= 0)).sum(axis=1)
        for name in (*_pooled(fitted[origin_id]), "ensemble"):
            expected = _expected(members(name, fitted[origin_id]), reached)
            if expected is not None:
                total = (weight * expected).sum(axis=1)
                rows += _rows(origin_id, name, days, present, total, step)
    return frame_of_rows(rows, COLUMNS)


def _pooled(fitted):
    return [name for name in fitted if not name.endswith(BY_GROUP)]


def _edges(oldest, horizon, step):
    """Days of the edges between periods, the origin being day 0."""
    before = int(np.ceil(oldest / step))
    return np.append(np.arange(-before, int(np.ceil(horizon / step))) * step, horizon).astype(float)


def _expected(chosen, reached):
    """Mean over models of the purchases expected by these ages; None without a model."""
    if not chosen:
        return None
    ages, place = np.unique(reached, return_inverse=True)
    total = np.zeros(len(ages))
    for one in chosen:
        total += one.model.expected_purchases_new_customer(one.params, ages / one.unit)
    return (total / len(chosen))[place].reshape(reached.shape)


def _rows(origin_id, name, days, present, total, step):
    rows = []
    for position in range(len(days) - 1):
        start, end = int(days[position]), int(days[position + 1])
        gained = total[position + 1] - total[position]
        index = start // step
        rows.append(
            (origin_id, name, index, start, end, present[position], gained, total[position + 1])
        )
    return rows


def _within(values, name, least, most=MOST_DAYS):
    for bad, complaint in (
        (~np.isfinite(values), "is not a finite number"),
        (values < least, f"is below {least}"),
        (values > most, f"is above {most:g}"),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            raise ValueError(f"column {name!r}, row {row}: {values[row]:g} {complaint}")
    return values
