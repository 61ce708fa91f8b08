"""Orders and money of the coming months, from customers there are and from those to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from cltv.evaluation.grading import MINIMUM_ORIGINS, total_band
from cltv.evaluation.seasons import conserved, seasonal_index
from cltv.frames import column, frame_of_rows, text_column
from cltv.purchase.family import BY_GROUP, DAYS_PER_YEAR, members, read_fits
from cltv.purchase.frames import cell_table

EXISTING, NEW, TOGETHER = "existing_customers", "new_customers", "all_customers"
"""Sources of orders: customers who had bought by the origin, those who come later, and both."""

MONTHS = 36
"""Calendar months ahead that are told one by one."""

BEYOND = MONTHS + 1
"""Index of the row that holds all that comes later."""

LATER_MONTHS = 564
"""Months after those that are looked at for what comes later: fifty years in all."""

DAYS_PER_MONTH = DAYS_PER_YEAR / 12

CLOSE_DAYS, GROWTH = 14, 1.04
"""Ages at which new customers are looked at: every day at first, then ever further apart."""

ORDERS, FIRST_ORDERS = "orders", "first_orders"

COLUMNS = {
    "origin_id": "str",
    "forecast_source": "str",
    "month_index": "int64",
    "starts_on": "datetime64[s]",
    "ends_on": "datetime64[s]",
    "measure": "str",
    "expected": "float64",
    "present_value": "float64",
    "seasonal_index": "float64",
    "actual": "float64",
    "ratio_lower": "float64",
    "ratio_upper": "float64",
    "band_reason": "object",
}
"""Columns of the forecast and their pandas types."""


def order_forecast(
    cells, fits, origins, order_values, history, outcomes, annual_discount_rate=0.10
):
    """Foresee orders and values month by month, and at past origins what they would have been.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id, model_name (the ensemble, one per origin), covariate_pattern,
        acquisition_channel, customer_type, frequency, recency_days, age_days, customers,
        new_customers (those of the last 365 days), and per value basis ``order_value_<basis>``: sum
        over the cell's customers of what one order of theirs is expected to be worth.
    fits : pandas.DataFrame
        From `cltv.purchase.fit_purchase_models`.
    origins : pandas.DataFrame
        origin_id, origin_kind, origin_date, horizon_days. The origin of kind 'now' is foreseen by
        calendar months, those of kind 'backtest' over their horizon as a whole; others are left
        out.
    order_values : pandas.DataFrame
        origin_id, value_basis, first_order_value, repeat_order_value: of customers of the last 365
        days.
    history : pandas.DataFrame
        month_start, first_orders, repeat_orders of complete months without gap, in any order.
    outcomes : pandas.DataFrame
        origin_id, forecast_source, orders, and a column per value basis: what came within its
        horizon.
    annual_discount_rate : float
        At least 0.

    Returns
    -------
    pandas.DataFrame
        Columns of `COLUMNS`: a row per origin, source, month and measure ('orders',
        'first_orders', and the value bases). Month 0 is what is left of the running month and
        missing on its last day, months 1 to `MONTHS` are whole. Index `BEYOND` holds the present
        value of what customers won up to then bring later, for new customers only. The rows of a
        back-test have month 0 and the days of their horizon. Ratios are the band of a total: actual
        over expected at past origins (`cltv.evaluation.total_band`), the same for every month of a
        source and measure. Origins with less than a year behind them count only where there are
        fewer than three others: theirs was another task.

    Raises
    ------
    ValueError
        If a column is missing or a row is impossible.

    Notes
    -----
    Existing customers: the sum over cells of the purchases expected of their histories, times what
    each customer's order is worth; by month the difference of two sums.

    New customers come at the rate of the last 365 days, or of as many as there were, each with a
    first order on their first day and the purchases expected of a customer of unknown history after
    it, by the mix of groups of the last 365 days.

    Seasons (`cltv.evaluation.seasonal_index`) move orders between the months of one year ahead and
    leave its sum as it is. Present values count a month's orders in its middle.
    """
    table = cell_table(cells, with_customers=True, with_patterns=True)
    fitted = read_fits(fits)
    weights = _weights(cells)
    values = _order_values(order_values)
    ensembles = text_column(cells, "model_name", "cells")
    seasons = _seasons(history)
    daily_rate = float(np.log1p(annual_discount_rate)) / DAYS_PER_YEAR
    where = dict(table.origins())
    rows, totals = [], []
    for origin_id, kind, date, horizon in _origins(origins):
        if kind not in ("now", "backtest") or not len(where.get(origin_id, ())):
            continue
        inside = where[origin_id]
        chosen = members(ensembles[inside[0]], fitted.get(origin_id, {}))
        if not chosen:
            continue
        base = _Base(table, inside, chosen, weights, values.get(origin_id, {}))
        if kind == "now":
            rows += _by_month(origin_id, date, base, seasons, daily_rate)
        else:
            totals += _in_total(origin_id, date, horizon, base)
    return frame_of_rows(_banded(rows, totals, outcomes), COLUMNS)


@dataclass
class _Base:
    """The customers of one origin, and what is expected of them and of those like them."""

    table: object
    inside: np.ndarray
    chosen: list
    weights: dict
    values: dict

    def groups(self):
        """Return parameters' levels and row positions of each group; all in one without groups."""
        if self.chosen[0].name.endswith(BY_GROUP):
            return [
                (self.table.levels[pattern], rows)
                for pattern, rows in self.table.patterns(self.inside)
            ]
        return [({}, self.inside)]

    def existing(self, days):
        """Expected sums by measure up to each day, shape (m,) each."""
        measures = [ORDERS, *(name for name in self.weights if name.startswith("value:"))]
        total = {measure: np.zeros(len(days)) for measure in measures}
        for levels, rows in self.groups():
            history = [part[rows] for part in (self.table.frequency, self.table.recency)]
            age = self.table.age[rows]
            expected = np.mean(
                [
                    one.model.expected_purchases(
                        one.params_for(levels),
                        history[0],
                        history[1] / one.unit,
                        age / one.unit,
                        days / one.unit,
                    )
                    for one in self.chosen
                ],
                axis=0,
            )
            for measure in measures:
                weight = self.weights["customers" if measure == ORDERS else measure][rows]
                total[measure] += weight @ expected
        return {measure.removeprefix("value:"): sums for measure, sums in total.items()}

    @property
    def history_days(self):
        """Age of the oldest customer."""
        return self.table.age[self.inside].max()

    @property
    def new_per_day(self):
        """Customers won per day of the last year, or of the days since the first of all."""
        days = min(self.history_days + 1, DAYS_PER_YEAR)
        return self.weights["new_customers"][self.inside].sum() / days

    def repeats(self, ages):
        """Expected repeat purchases of an average new customer by each age in days, any shape.

        Smooth in the age: read off a curve through fewer than 200 ages, to 1e-6 of itself.
        """
        oldest = float(np.max(ages, initial=1.0))
        growing = CLOSE_DAYS * GROWTH ** np.arange(
            1, np.log(max(oldest / CLOSE_DAYS, 1.0)) / np.log(GROWTH) + 1
        )
        nodes = np.append(np.arange(CLOSE_DAYS + 1.0), growing)
        groups = self.groups()
        share = np.array([self.weights["new_customers"][rows].sum() for _, rows in groups])
        if not share.sum() > 0:
            return np.zeros(np.shape(ages))
        expected = [
            one.model.expected_purchases_new_customer(one.params_for(levels), nodes / one.unit)
            for levels, _ in groups
            for one in self.chosen
        ]
        weight = np.repeat(share / share.sum() / len(self.chosen), len(self.chosen))
        return PchipInterpolator(nodes, weight @ np.array(expected))(ages)

    def new(self, first, repeat):
        """Amounts by measure of first and repeat orders of new customers."""
        amounts = {ORDERS: first + repeat, FIRST_ORDERS: first}
        for basis, (first_value, repeat_value) in self.values.items():
            # where nobody has come back yet, a later order is taken to be worth a first one
            later = first_value if np.isnan(repeat_value) else repeat_value
            amounts[basis] = first * first_value + repeat * later
        return amounts


def _by_month(origin_id, date, base, seasons, daily_rate):
    """Rows of the months ahead, with the present value of what comes after them."""
    starts, ends, index = _months_ahead(date)
    edges = np.append(0, (ends - date).astype(int)).astype(float)
    length = np.diff(edges)
    month = ends.astype("datetime64[M]").astype(int) % 12
    first_season, repeat_season = (season[month] for season in seasons)
    worth = np.exp(-daily_rate * (edges[:-1] + edges[1:]) / 2)

    existing = {
        measure: _seasoned(np.diff(sums, prepend=0.0), repeat_season, index)
        for measure, sums in base.existing(edges[1:]).items()
    }
    first = _seasoned(base.new_per_day * length, first_season, index)
    days = np.arange(int(edges[-1]) + 1)
    daily = np.repeat(first / length, length.astype(int))
    gained = np.diff(base.repeats(days.astype(float)))
    # who comes on a day buys again from the next one on
    repeats = np.append(0.0, np.convolve(daily, gained)[: len(daily) - 1])
    by_month = np.add.reduceat(repeats, edges[:-1].astype(int))
    new = base.new(first, _seasoned(by_month, repeat_season, index))

    rows = []
    for source, amounts, season in (
        (EXISTING, existing, repeat_season),
        (NEW, new, first_season),
        (TOGETHER, _sum(existing, new), None),
    ):
        for measure, expected in amounts.items():
            for at in range(len(index)):
                known = season is not None and index[at] > 0
                where = (origin_id, source, int(index[at]), starts[at], ends[at], measure)
                amount = float(expected[at])
                worth_now = float(expected[at] * worth[at])
                rows.append((*where, amount, worth_now, float(season[at]) if known else np.nan))
    later = _present_value_later(base, first, edges, daily_rate)
    for measure, value in base.new(0.0, later).items():
        where = (origin_id, NEW, BEYOND, ends[-1] + 1, np.datetime64("NaT"), measure)
        rows.append((*where, np.nan, value, np.nan))
    return rows


def _present_value_later(base, first, edges, daily_rate):
    """Present value of one unit per repeat purchase after the last month, of those won before."""
    if not daily_rate > 0:
        return np.nan
    middle = (edges[:-1] + edges[1:]) / 2
    steps = edges[-1] + DAYS_PER_MONTH * np.arange(LATER_MONTHS + 1)
    ages = np.maximum(steps[:, None] - middle[None, :], 0.0)
    bought = base.repeats(ages) @ first
    return float((np.diff(bought) * np.exp(-daily_rate * (steps[:-1] + steps[1:]) / 2)).sum())


def _in_total(origin_id, date, horizon, base):
    """Rows of a past origin: its whole horizon in one."""
    existing = {
        measure: float(sums[0]) for measure, sums in base.existing(np.array([horizon])).items()
    }
    days = np.arange(int(horizon), dtype=float)
    new = base.new(base.new_per_day * horizon, base.new_per_day * base.repeats(days).sum())
    end, history = date + int(horizon), base.history_days
    return [
        ((origin_id, source, 0, date + 1, end, measure, float(expected), np.nan, np.nan), history)
        for source, amounts in ((EXISTING, existing), (NEW, new), (TOGETHER, _sum(existing, new)))
        for measure, expected in amounts.items()
    ]


def _banded(rows, totals, outcomes):
    """Add what came to the rows of past origins, and the band that follows to all."""
    actual = _actual(outcomes)
    told = {}
    for row, history in totals:
        seen = actual.get((row[0], row[1], row[5]), np.nan)
        told.setdefault((row[1], row[5]), []).append((row, seen, history))
    bands = {key: _band(past) for key, past in told.items()}
    nothing = (np.nan, np.nan, "no_back_test")
    past = [(*row, seen, *([np.nan] * 2), None) for one in told.values() for row, seen, _ in one]
    return [(*row, np.nan, *bands.get((row[1], row[5]), nothing)) for row in rows] + past


def _band(past):
    """Band of one source and measure, from the origins that had a year behind them if they do."""
    comparable = [one for one in past if one[2] >= DAYS_PER_YEAR]
    chosen = comparable if len(comparable) >= MINIMUM_ORIGINS else past
    band = total_band(
        [seen for _, seen, _ in chosen],
        [row[6] for row, _, _ in chosen],
        [row[3].astype(int) for row, _, _ in chosen],
        [(row[4] - row[3]).astype(int) + 1 for row, _, _ in chosen],
    )
    return band.lower, band.upper, band.reason


def _sum(existing, new):
    """Sum of both sources, of the measures that both have; first orders are all of new ones."""
    both = {measure: existing[measure] + new[measure] for measure in existing if measure in new}
    return both | {FIRST_ORDERS: new[FIRST_ORDERS]}


def _seasoned(amounts, season, index):
    """Spread the months of each year ahead by season; what is left of this month stays."""
    amounts = np.array(amounts, dtype=float)
    for year in range(MONTHS // 12):
        inside = (index > 12 * year) & (index <= 12 * (year + 1))
        amounts[inside] = conserved(amounts[inside], season[inside])
    return amounts


def _months_ahead(date):
    """First and last day and index of what is left of this month and of the months after it."""
    running = date.astype("datetime64[M]")
    months = running + np.arange(MONTHS + 1)
    starts = months.astype("datetime64[D]")
    ends = (months + 1).astype("datetime64[D]") - 1
    starts[0] = date + 1
    keep = slice(1 if ends[0] == date else 0, None)
    return starts[keep], ends[keep], np.arange(MONTHS + 1)[keep]


def _weights(cells):
    weights = {name: _numbers(cells, name, "cells") for name in ("customers", "new_customers")}
    for name in cells.columns:
        if name.startswith("order_value_"):
            weights["value:" + name.removeprefix("order_value_")] = column(
                cells, name, "cells"
            ).astype(float)
    return weights


def _order_values(order_values):
    found = {}
    keys = (
        text_column(order_values, name, "order_values") for name in ("origin_id", "value_basis")
    )
    numbers = (
        column(order_values, name, "order_values").astype(float)
        for name in ("first_order_value", "repeat_order_value")
    )
    for origin_id, basis, first, repeat in zip(*keys, *numbers, strict=True):
        found.setdefault(origin_id, {})[basis] = (first, repeat)
    return found


def _seasons(history):
    """Indices of first and of repeat orders, shape (12,) each."""
    if not len(history):
        return np.ones(12), np.ones(12)
    month = history["month_start"].to_numpy().astype("datetime64[M]")
    order = np.argsort(month)
    if (np.diff(month[order]).astype(int) != 1).any():
        raise ValueError("history: months must follow each other without gap")
    first = int(month[order][0].astype(int)) % 12 + 1
    return tuple(
        seasonal_index(first, _numbers(history, name, "history")[order])
        for name in ("first_orders", "repeat_orders")
    )


def _origins(origins):
    ids, kinds = (text_column(origins, name, "origins") for name in ("origin_id", "origin_kind"))
    dates = origins["origin_date"].to_numpy().astype("datetime64[D]")
    horizons = _numbers(origins, "horizon_days", "origins")
    return sorted(zip(ids, kinds, dates, horizons, strict=True), key=lambda row: row[0])


def _actual(outcomes):
    origin, source = (
        text_column(outcomes, name, "outcomes") for name in ("origin_id", "forecast_source")
    )
    found = {}
    for name in outcomes.columns:
        if name in ("origin_id", "forecast_source"):
            continue
        numbers = column(outcomes, name, "outcomes").astype(float)
        for key_origin, key_source, number in zip(origin, source, numbers, strict=True):
            found[key_origin, key_source, name] = number
            both = (key_origin, TOGETHER, name)
            found[both] = found.get(both, 0.0) + number
    return found


def _numbers(frame, name, table):
    values = column(frame, name, table)
    try:
        values = values.astype(float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{table}: column {name!r} holds values that are no numbers") from None
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"{table}: column {name!r}, row {row}: {values[row]:g} is no amount")
    return values
