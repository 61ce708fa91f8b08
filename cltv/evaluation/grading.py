"""The figures that a grade rests on: one row per model, over all origins of the back-test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cltv.evaluation.baselines import NAMES
from cltv.evaluation.metrics import flatness
from cltv.evaluation.tables import INTERVALS, RECENCY
from cltv.frames import column, text_column

MINIMUM_ORIGINS = 3
"""With one or two origins nothing can be said about how the ratio of totals varies."""

MEANS = ("poisson_deviance", "rmse", "mae", "gini", "spearman", "auc", "brier", "order_capture")
"""Order metrics of which the summary holds the plain mean over origins."""

VALUE_MEANS = (
    "value_gini",
    "high_value_capture",
    "value_pit_flatness",
    "value_pit_flatness_by_chance",
)
"""Value metrics of which the summary holds the plain mean over origins."""

SUMMARY_COLUMNS = (
    "origins",
    "capture",
    "capture_lower",
    "capture_upper",
    "best_baseline",
    "best_baseline_capture",
    "capture_gain",
    "capture_gain_lower",
    "capture_gain_upper",
    "bias",
    "bias_lowest",
    "bias_highest",
    "channel_bias",
    *MEANS,
    "coverage_gap",
    "pit_flatness",
    "pit_flatness_by_chance",
    "orders_ratio",
    "orders_ratio_lower",
    "orders_ratio_upper",
    "orders_effective_origins",
    "orders_band_reason",
    "value_bias",
    *VALUE_MEANS,
    "value_coverage_gap",
    "value_ratio",
    "value_ratio_lower",
    "value_ratio_upper",
    "value_effective_origins",
    "value_band_reason",
)
"""Columns of the summary after `model_name`."""

SUMMARY_TEXTS = ("best_baseline", "orders_band_reason", "value_band_reason")
"""Columns of the summary that hold texts."""


@dataclass(frozen=True)
class TotalBand:
    """What to multiply a predicted total by.

    Attributes
    ----------
    ratio : float
        Actual over predicted, geometric mean over origins; NaN without any.
    lower, upper : float
        Ends of the band; NaN where there is none.
    effective_origins : float
        Origins without overlap that would say as much about the mean.
    reason : str or None
        Why there is no band: 'too_few_origins', 'origins_coincide', or, in a summary, 'not_valued'
        where a model says nothing in money; None where there is one.
    """

    ratio: float
    lower: float
    upper: float
    effective_origins: float
    reason: str | None


def total_band(actual, predicted, origin_days, horizon_days, level=0.9):
    """Band for a future total from how past totals came true.

    Parameters
    ----------
    actual, predicted : array_like, shape (n,)
        Totals of the holdout of each origin. Origins where one is not above 0 are left out: they
        have no ratio.
    origin_days : array_like, shape (n,)
        Date of each origin in days, from any day.
    horizon_days : array_like, shape (n,)
        Length of each holdout in days.
    level : float
        Probability that the band is to hold, within (0, 1).

    Returns
    -------
    TotalBand
        No band from fewer than `MINIMUM_ORIGINS` origins: reason 'too_few_origins'.

    Notes
    -----
    A t-band on the log-ratios of actual to predicted, as for one more draw of a normal sample:
    mean +- t s sqrt(1 + 1/n), where s follows from the leave-one-out errors (an origin's log-ratio
    less the mean of the others, times (n - 1)/n, is its residual).

    Holdouts that overlap share what happened in them. Log-ratios are taken to correlate by the
    shared part of their holdouts; the scale is then the sum of squared residuals over its
    expectation, the degrees of freedom are those of the matching chi-square (Satterthwaite 1946),
    and n in 1 + 1/n is the effective number of origins. Twelve monthly origins with holdouts of
    a year are worth 1.5 origins, and their band is wide; without overlap nothing changes. The
    future holdout overlaps none of the past ones.
    """
    actual, predicted, days, horizon = (
        np.atleast_1d(np.asarray(values, dtype=float))
        for values in (actual, predicted, origin_days, horizon_days)
    )
    days, horizon = np.broadcast_arrays(days, horizon)
    known = (actual > 0) & (predicted > 0) & np.isfinite(actual) & np.isfinite(predicted)
    logs = np.log(actual[known] / predicted[known])
    n = len(logs)
    nan = float("nan")
    if not n:
        return TotalBand(nan, nan, nan, 0.0, "too_few_origins")
    shared = _shared(days[known], horizon[known])
    effective = n**2 / shared.sum()
    centre = logs.mean()
    ratio = float(np.exp(centre))
    if n < MINIMUM_ORIGINS:
        return TotalBand(ratio, nan, nan, float(effective), "too_few_origins")
    residual_maker = np.eye(n) - 1.0 / n
    spread = residual_maker @ shared @ residual_maker
    trace = np.trace(spread)
    if not trace > 1e-9:
        return TotalBand(ratio, nan, nan, float(effective), "origins_coincide")
    freedom = trace**2 / (spread**2).sum()
    variance = ((logs - centre) ** 2).sum() / trace
    half = stdtrit(freedom, (1 + level) / 2) * np.sqrt(variance * (1 + 1 / effective))
    # an outcome with so wide a band is not known at all, but its ends must stay numbers
    half = min(float(half), 50.0)
    return TotalBand(
        ratio, float(np.exp(centre - half)), float(np.exp(centre + half)), float(effective), None
    )


def _shared(days, horizon):
    """Correlation of holdouts: the days that two share, over the geometric mean of their lengths.

    Shape (n, n).
    """
    start = np.maximum(days[:, None], days[None, :])
    end = np.minimum((days + horizon)[:, None], (days + horizon)[None, :])
    return np.maximum(end - start, 0.0) / np.sqrt(horizon[:, None] * horizon[None, :])


def capture_gains(captures, baselines=NAMES, draws=2000, seed=1, level=0.95):
    """How many more of the high-value customers a model finds than the best baseline.

    Parameters
    ----------
    captures : pandas.DataFrame
        origin_id, model_name, bucket (customers hashed into buckets, the same at every origin),
        top_customers (those of the bucket who made most of the value), captured (of these, among
        the equally many with the highest predictions).
    baselines : sequence of str
        Which models are baselines.
    draws : int
        Bootstrap samples.
    seed : int
        Of the bootstrap: the same input gives the same bounds.
    level : float
        Probability between the bounds.

    Returns
    -------
    pandas.DataFrame
        One row per model: model_name, capture (over all its origins), its bounds capture_lower
        and capture_upper, best_baseline, best_baseline_capture, capture_gain (relative: .05 is
        5 % more) with capture_gain_lower and capture_gain_upper. A baseline is compared with the
        best of the others. NaN where there is nothing to compare.

    Raises
    ------
    ValueError
        If a column is missing.

    Notes
    -----
    Buckets are drawn with replacement, each with all its origins and all models: customers are
    the clusters, and every comparison is paired. The best baseline is chosen anew in each sample,
    so that having been chosen for its luck is part of the bounds.
    """
    origin, origins = _codes(captures, "origin_id", "captures")
    model, models = _codes(captures, "model_name", "captures")
    bucket = column(captures, "bucket", "captures").astype(float)
    buckets, lot = np.unique(bucket, return_inverse=True)
    shape = (len(models), len(origins), len(buckets))
    top, hit = np.zeros(shape), np.zeros(shape)
    np.add.at(top, (model, origin, lot), column(captures, "top_customers", "captures"))
    np.add.at(hit, (model, origin, lot), column(captures, "captured", "captures"))
    present = np.zeros(shape[:2], dtype=bool)
    present[model, origin] = True
    rng = np.random.default_rng(seed)
    samples = np.empty((0, 0))  # where there is nobody to draw from, no model has a row
    if len(buckets):
        even = np.full(len(buckets), 1 / len(buckets))
        samples = rng.multinomial(len(buckets), even, size=draws)
    weights = np.vstack([np.ones(len(buckets)), samples])
    ends = ((1 - level) / 2, (1 + level) / 2)
    rows = []
    for position, name in enumerate(models):
        own = present[position]
        # only over the origins that the model has been through
        share = _share(hit[:, own], top[:, own], weights)
        rivals = [
            other
            for other, label in enumerate(models)
            if label in baselines and other != position and present[other, own].all()
        ]
        row = {"model_name": name, "capture": share[position, 0]}
        row["capture_lower"], row["capture_upper"] = _bounds(share[position, 1:], ends, buckets)
        if rivals:
            best = rivals[int(np.argmax(np.nan_to_num(share[rivals, 0], nan=-1.0)))]
            rival = share[rivals].max(axis=0)
            gain = share[position] / np.where(rival > 0, rival, np.nan) - 1.0
            row |= {
                "best_baseline": models[best],
                "best_baseline_capture": share[best, 0],
                "capture_gain": gain[0],
            }
            bounds = _bounds(gain[1:], ends, buckets)
            row["capture_gain_lower"], row["capture_gain_upper"] = bounds
        rows.append(row)
    names = [
        "model_name",
        *(name for name in SUMMARY_COLUMNS if "capture" in name or name == "best_baseline"),
    ]
    drop = {"order_capture", "high_value_capture"}
    return pd.DataFrame(rows).reindex(columns=[name for name in names if name not in drop])


def _share(hit, top, weights):
    """Captured over top customers, shape (models, samples)."""
    found, sought = hit.sum(axis=1) @ weights.T, top.sum(axis=1) @ weights.T
    return np.where(sought > 0, found / np.where(sought > 0, sought, 1.0), np.nan)


def _bounds(values, ends, buckets):
    values = values[np.isfinite(values)]
    # one bucket drawn from one bucket varies never
    if len(buckets) < 2 or not len(values):
        return float("nan"), float("nan")
    return tuple(np.quantile(values, ends))


def backtest_summary(
    order_metrics,
    captures,
    origins,
    value_metrics=None,
    baselines=NAMES,
    draws=2000,
    seed=1,
    band_level=0.9,
):
    """Return the figures of each model over all origins of the back-test.

    Parameters
    ----------
    order_metrics : pandas.DataFrame
        From `cltv.evaluation.evaluate_orders`.
    captures : pandas.DataFrame
        As for `capture_gains`.
    origins : pandas.DataFrame
        origin_id, origin_date (dates), horizon_days; further rows and columns are ignored.
    value_metrics : pandas.DataFrame, optional
        Same columns as `order_metrics`, in money: scope 'all' with metrics predicted_value,
        actual_value and, where known, value_gini, high_value_capture, value_pit_flatness,
        value_pit_flatness_by_chance, and value_coverage and value_content of 50, 80 and 90 %.
    baselines : sequence of str
        Which models are baselines.
    draws, seed : int
        Bootstrap of the captures.
    band_level : float
        Probability of the bands for totals.

    Returns
    -------
    pandas.DataFrame
        model_name and `SUMMARY_COLUMNS`, one row per model of `order_metrics` but `recency`,
        sorted by name. bias is that of the totals over all origins, bias_lowest and bias_highest
        those of single origins, channel_bias the mean over channels (weighted by customers) of
        the absolute bias over all origins. coverage_gap is the largest distance between coverage
        and the model's own content over the intervals, in shares; pit_flatness that of the mean
        histogram over origins, beside what chance alone shows on the customers of one origin;
        value_* the same of value, over the origins at which its intervals are drawn.
        ``*_ratio`` are actual over predicted totals with the band of `total_band`, its effective
        origins and the reason where there is no band. NaN or None where not known.

    Raises
    ------
    ValueError
        If a column is missing, or a back-test origin has no row in `origins`.
    """
    wide = _Wide(order_metrics, "order_metrics")
    money = None if value_metrics is None else _Wide(value_metrics, "value_metrics")
    calendar = _calendar(origins)
    gains = capture_gains(captures, baselines, draws, seed).set_index("model_name")
    rows = []
    for name in sorted(set(wide.models) - {RECENCY}):
        row = {"model_name": name}
        if name in gains.index:
            row |= gains.loc[name].to_dict()
        row |= _order_figures(wide, name)
        row |= _band(wide, name, "orders", calendar, band_level)
        if money is not None:
            row |= _value_figures(money, name)
            row |= _band(money, name, "value", calendar, band_level)
        rows.append(row)
    table = pd.DataFrame(rows).reindex(columns=["model_name", *SUMMARY_COLUMNS])
    for text in SUMMARY_TEXTS:
        # missing texts are None, numbers NaN
        table[text] = table[text].astype(object).where(table[text].notna(), None)
    return table


class _Wide:
    """Metrics by (model, scope), as tables of origin and scope value by metric."""

    def __init__(self, frame, table):
        for name in ("origin_id", "model_name", "scope", "scope_value", "metric", "estimate"):
            if name not in frame.columns:
                raise ValueError(f"{table}: column {name!r} is missing")
        keys = ["origin_id", "scope_value", "metric"]
        self.parts = {
            key: part.set_index(keys)["estimate"].unstack("metric")
            for key, part in frame.groupby(["model_name", "scope"], sort=True)
        }
        self.customers = {
            key: part.groupby("origin_id")["customers"].first()
            for key, part in frame[frame["scope"] == "all"].groupby("model_name")
        }
        self.models = sorted({key[0] for key in self.parts})

    def part(self, model, scope):
        return self.parts.get((model, scope))


def _order_figures(wide, name):
    part = wide.part(name, "all")
    row = {"origins": float(part.index.get_level_values("origin_id").nunique())}
    for metric in MEANS:
        if metric in part:
            row[metric] = part[metric].mean()
    row["bias"] = _pooled_bias(part["predicted_orders"].sum(), part["actual_orders"].sum())
    row["bias_lowest"], row["bias_highest"] = part["bias"].min(), part["bias"].max()
    channel = wide.part(name, "acquisition_channel")
    if channel is not None:
        sums = channel.groupby("scope_value")[["predicted_orders", "actual_orders", "customers"]]
        sums = sums.sum()
        # a channel without any purchase has no bias
        sums = sums[sums["actual_orders"] > 0]
        if len(sums):
            bias = (sums["predicted_orders"] / sums["actual_orders"] - 1).abs()
            row["channel_bias"] = float(np.average(bias, weights=sums["customers"]))
    row |= _coverage_gap(part)
    pit = wide.part(name, "pit")
    if pit is not None:
        row["pit_flatness"] = flatness(pit["share"].groupby("scope_value").mean())
        row["pit_flatness_by_chance"] = part["pit_flatness_by_chance"].mean()
    return row


def _value_figures(money, name):
    part = money.part(name, "all")
    if part is None:
        return {}
    row = {"value_bias": _pooled_bias(part["predicted_value"].sum(), part["actual_value"].sum())}
    row |= {metric: part[metric].mean() for metric in VALUE_MEANS if metric in part}
    return row | _coverage_gap(part, "value_")


def _coverage_gap(part, prefix=""):
    """Largest distance between coverage and the model's own content, if intervals were drawn."""
    labels = [f"{level * 100:.0f}" for level in INTERVALS]
    if f"{prefix}coverage_{labels[0]}" not in part:
        return {}
    gaps = [
        abs((part[f"{prefix}coverage_{label}"] - part[f"{prefix}content_{label}"]).mean())
        for label in labels
    ]
    return {f"{prefix}coverage_gap": max(gaps)}


def _pooled_bias(predicted, actual):
    return float(predicted / actual - 1) if actual > 0 else float("nan")


def _band(wide, name, measure, calendar, level):
    part = wide.part(name, "all")
    if part is None:
        return {f"{measure}_band_reason": "not_valued"}
    ids = part.index.get_level_values("origin_id")
    missing = [origin_id for origin_id in ids if origin_id not in calendar]
    if missing:
        raise ValueError(f"origins: no row for origin_id {missing[0]!r} of the back-test")
    days, horizon = zip(*(calendar[origin_id] for origin_id in ids), strict=True)
    band = total_band(part[f"actual_{measure}"], part[f"predicted_{measure}"], days, horizon, level)
    return {
        f"{measure}_ratio": band.ratio,
        f"{measure}_ratio_lower": band.lower,
        f"{measure}_ratio_upper": band.upper,
        f"{measure}_effective_origins": band.effective_origins,
        f"{measure}_band_reason": band.reason,
    }


def _calendar(origins):
    names = text_column(origins, "origin_id", "origins")
    if "origin_date" not in origins.columns:
        raise ValueError("origins: column 'origin_date' is missing")
    dates = pd.to_datetime(origins["origin_date"]).to_numpy(dtype="datetime64[D]").astype(float)
    days = column(origins, "horizon_days", "origins").astype(float)
    return {key: (date, length) for key, date, length in zip(names, dates, days, strict=True)}


def _codes(frame, name, table):
    labels = text_column(frame, name, table)
    codes, found = pd.factorize(labels, sort=True)
    return codes, list(found)
