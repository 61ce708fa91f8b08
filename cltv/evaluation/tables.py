"""The back-test as rows: origin, model, scope, metric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cltv.cells import check_purchases, thin
from cltv.evaluation.baselines import MINIMUM_AGE_DAYS, baseline_orders
from cltv.evaluation.distributions import COUNTS, PredictiveCounts
from cltv.evaluation.metrics import (
    PIT_BINS,
    CountDistribution,
    deciles,
    flatness,
    flatness_by_chance,
    grouped_auc,
    grouped_metrics,
    high_value_capture,
    interval_coverage,
    pit_histogram,
)
from cltv.frames import column, groups, number_column, text_column

COLUMNS = {
    "origin_id": "str",
    "model_name": "str",
    "scope": "str",
    "scope_value": "str",
    "metric": "str",
    "estimate": "float64",
    "customers": "float64",
}
"""Columns of the metrics table and their pandas types; `estimate` is NaN where undefined."""

INTERVALS = (0.5, 0.8, 0.9)
"""Nominal contents of the intervals that are checked."""

HISTOGRAM_COUNTS = 10
"""Counts from here on are one bar of the frequency histogram."""

RECENCY = "recency"
"""Name of the ranking by silence, which has an AUC and nothing else."""

_DECILE_METRICS = (
    "customers",
    "predicted_orders",
    "actual_orders",
    "predicted_active",
    "actual_active",
    "bias",
)
_KEYS = ("frequency", "recency_days", "age_days")


@dataclass(frozen=True)
class _Cells:
    """Checked rows of the back-test, all of one length."""

    origin: np.ndarray
    channel: np.ndarray
    kind: np.ndarray
    pattern: np.ndarray
    fitted_channel: np.ndarray
    fitted_kind: np.ndarray
    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    last_year: np.ndarray
    holdout: np.ndarray
    customers: np.ndarray

    def take(self, rows):
        return _Cells(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def __len__(self):
        return len(self.origin)


def evaluate_orders(
    backtest_cells,
    scores,
    fits,
    origins,
    distribution_cells=3000,
    predictive=None,
    minimum_age_days=MINIMUM_AGE_DAYS,
):
    """Grade the predicted purchases of every model and baseline at every back-test origin.

    Parameters
    ----------
    backtest_cells : pandas.DataFrame
        origin_id, acquisition_channel, customer_type, covariate_pattern (str), frequency,
        recency_days, age_days, orders_last_year (purchase days in the 365 days up to the origin),
        holdout_orders (purchase days in the holdout), customers (all whole numbers). Optional:
        covariate_channel and covariate_type, under which the models by group know the customers of
        acquisition_channel and customer_type where small groups were fitted together; the same by
        default.
    scores : pandas.DataFrame
        origin_id, model_name, frequency, recency_days, age_days, ``expected_orders_<h>`` and
        ``probability_active_<h>`` for the horizon label h of every origin. Optional:
        covariate_pattern ('all', or absent, for a model that knows none), and orders_last_year
        (missing for a model that does not look at it); both are then part of the key.
    fits : pandas.DataFrame
        From `cltv.purchase.fit_purchase_models`: what predictive distributions are drawn from.
    origins : pandas.DataFrame
        origin_id, horizon_label (str), horizon_days (> 0); further rows and columns are ignored.
    distribution_cells : int
        About so many distinct histories per origin, equally spaced customers along the sorted
        cells, stand for all in the metrics of intervals and in the histogram; 0 leaves these out.
    predictive : callable, optional
        In place of `cltv.evaluation.distributions.PredictiveCounts`, and called like it.
    minimum_age_days : float
        Least number of days that a baseline takes a customer's own rate over.

    Returns
    -------
    pandas.DataFrame
        Columns of `COLUMNS`. Scopes 'all', 'acquisition_channel', 'customer_type' carry every
        metric of `cltv.evaluation.metrics.grouped_metrics`; 'all' also order_capture and, for
        models with a fit, coverage_50/80/90, content_50/80/90 (the models' own content of these
        intervals), pit_flatness, pit_flatness_by_chance; 'decile' ('1' lowest to '10' highest of
        the model's own predicted orders) carries customers, totals and bias; 'holdout_orders'
        ('0' ... '9', '10+') predicted_customers and actual_customers; 'pit' ('01' ... '10') the
        share of customers. `recency`, a ranking by silence, has an AUC only. Models come from
        `scores`, baselines from the cells. A baseline's P(active) and histogram are those of a
        Poisson count around its prediction.

    Raises
    ------
    ValueError
        If a column is missing, a row is impossible (names column, row and value), an origin has
        no horizon, or a model that scored an origin lacks one of its cells.
    """
    if predictive is None and distribution_cells:
        predictive = PredictiveCounts(fits)
    cells = _checked_cells(backtest_cells)
    horizons = _horizons(origins)
    scored = _Scores(scores)
    out = _Rows()
    for origin_id, members in groups(cells.origin):
        if origin_id not in horizons:
            raise ValueError(f"origins: no row for origin_id {origin_id!r} of the back-test cells")
        label, days = horizons[origin_id]
        part = cells.take(members)
        scopes = _scopes(part)
        sample = _sample(part, distribution_cells) if distribution_cells else None
        for name, predicted in _baselines(part, days, minimum_age_days).items():
            out.key = (origin_id, name)
            _grade(out, part, scopes, predicted, -np.expm1(-predicted))
            _histogram(out, part, _poisson_histogram(predicted, part.customers))
        out.key = (origin_id, RECENCY)
        _grade_recency(out, part, scopes)
        for name in scored.models(origin_id):
            out.key = (origin_id, name)
            predicted, probability = scored.lookup(origin_id, name, part, label)
            _grade(out, part, scopes, predicted, probability)
            if sample is not None:
                probabilities = predictive(*out.key, sample.distinct, days, COUNTS)
                if probabilities is not None:
                    _judge_distribution(out, part, sample, probabilities)
    return out.frame()


# ---------- grading one prediction


def _grade(out, part, scopes, predicted, probability):
    arguments = (part.holdout, predicted, probability, part.customers)
    cuts = [(codes, len(values)) for _, values, codes in scopes]
    graded = grouped_metrics(*arguments, cuts)
    for (scope, values, _), found in zip(scopes, graded, strict=True):
        customers = found["customers"]
        if scope == "all":
            capture = high_value_capture(part.holdout, predicted, part.customers)
            found["order_capture"] = np.array([capture])
        out.add(scope, values, found, customers)
    present, codes = np.unique(deciles(predicted, part.customers), return_inverse=True)
    found = grouped_metrics(*arguments, [(codes, len(present))], ranked=False)[0]
    found = {name: found[name] for name in _DECILE_METRICS}
    out.add("decile", [str(value) for value in present], found, found["customers"])


def _grade_recency(out, part, scopes):
    cuts = [(codes, len(values)) for _, values, codes in scopes]
    found = grouped_auc(part.holdout, part.recency - part.age, part.customers, cuts)
    for (scope, values, codes), auc in zip(scopes, found, strict=True):
        customers = np.bincount(codes, weights=part.customers, minlength=len(values))
        out.add(scope, values, {"auc": auc}, customers)


@dataclass(frozen=True)
class _Sample:
    """Rows that stand for all, and their distinct histories, of which each row has one."""

    holdout: np.ndarray
    weight: np.ndarray
    seen: float
    distinct: pd.DataFrame
    index: np.ndarray


def _sample(part, rows):
    holdout, weight, seen = part.holdout, part.customers, part.customers.sum()
    kept = np.arange(len(part))
    if len(part) > rows:
        order = np.lexsort((part.holdout, part.age, part.recency, part.frequency))
        kept, draws = thin(part.customers[order], rows)
        kept = order[kept]
        holdout, weight, seen = holdout[kept], draws * (seen / rows), float(rows)
    frame = pd.DataFrame(
        {
            "covariate_pattern": part.pattern[kept],
            "acquisition_channel": part.fitted_channel[kept],
            "customer_type": part.fitted_kind[kept],
            "frequency": part.frequency[kept].astype(np.int64),
            "recency_days": part.recency[kept].astype(np.int64),
            "age_days": part.age[kept].astype(np.int64),
        }
    )
    # rows that differ in their outcome only share one distribution
    return _Sample(holdout, weight, seen, *_distinct(frame))


def _judge_distribution(out, part, sample, probabilities):
    """Hold predictive distributions of the sample's histories against what came."""
    probabilities = np.asarray(probabilities, dtype=float)
    if probabilities.shape != (len(sample.distinct), COUNTS):
        raise ValueError(
            f"predictive: shape {probabilities.shape} where ({len(sample.distinct)}, {COUNTS}) "
            "is expected"
        )
    distribution = CountDistribution(probabilities, sample.index)
    customers = part.customers.sum()
    found = {}
    for level in INTERVALS:
        held = interval_coverage(sample.holdout, distribution, level, sample.weight)
        for measure, share in zip(("coverage", "content"), held, strict=True):
            found[f"{measure}_{level * 100:.0f}"] = np.array([share])
    histogram = pit_histogram(sample.holdout, distribution, sample.weight)
    found["pit_flatness"] = np.array([flatness(histogram)])
    found["pit_flatness_by_chance"] = np.array([flatness_by_chance(sample.seen)])
    out.add("all", ["all"], found, np.array([customers]))
    names = [f"{position:02d}" for position in range(1, PIT_BINS + 1)]
    out.add("pit", names, {"share": histogram}, np.full(PIT_BINS, customers))
    weight = np.bincount(sample.index, weights=sample.weight, minlength=len(sample.distinct))
    _histogram(out, part, (weight * probabilities[:, :HISTOGRAM_COUNTS].T).sum(axis=1))


def _histogram(out, part, predicted):
    """Customers by number of purchases; `predicted` those of 0, 1, ... 9 purchases."""
    customers = part.customers.sum()
    bar = np.minimum(part.holdout, HISTOGRAM_COUNTS).astype(np.intp)
    actual = np.bincount(bar, weights=part.customers, minlength=HISTOGRAM_COUNTS + 1)
    rest = max(customers - predicted.sum(), 0.0)
    names = [*(str(count) for count in range(HISTOGRAM_COUNTS)), f"{HISTOGRAM_COUNTS}+"]
    found = {"predicted_customers": np.append(predicted, rest), "actual_customers": actual}
    out.add("holdout_orders", names, found, np.full(len(names), customers))


def _poisson_histogram(mean, weight):
    """Customers who make 0, 1, ... 9 purchases where each row is Poisson around its own mean."""
    found = []
    share = weight * np.exp(-mean)
    for count in range(HISTOGRAM_COUNTS):
        found.append(share.sum())
        share = share * (mean / (count + 1))
    return np.array(found)


def _baselines(part, days, minimum_age_days):
    segment = joint_codes([part.channel, part.kind])
    return baseline_orders(
        part.frequency,
        part.recency,
        part.age,
        part.last_year,
        segment,
        part.customers,
        days,
        minimum_age_days,
    )


# ---------- reading


def _checked_cells(frame):
    table = "backtest_cells"
    texts = [
        text_column(frame, name, table)
        for name in ("origin_id", "acquisition_channel", "customer_type", "covariate_pattern")
    ]
    fitted = [
        text_column(frame, name, table) if name in frame.columns else own
        for name, own in (("covariate_channel", texts[1]), ("covariate_type", texts[2]))
    ]
    names = (*_KEYS, "customers")
    arrays = [column(frame, name, table) for name in names]
    x, recency, age, customers = check_purchases(*arrays, names=names, whole_times=True)
    last_year, holdout = (
        _counts(column(frame, name, table), name) for name in ("orders_last_year", "holdout_orders")
    )
    return _Cells(*texts, *fitted, x, recency, age, last_year, holdout, customers)


def _counts(values, name):
    try:
        values = np.asarray(values, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"column {name!r}: holds values that are no numbers") from None
    # beyond, neighbouring whole numbers are one and the same float
    bad = ~((values >= 0) & (values <= 2.0**53) & (values == np.floor(values)))
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"column {name!r}, row {row}: {values[row]:g} is not a count")
    return values


def _horizons(origins):
    names = text_column(origins, "origin_id", "origins")
    labels = text_column(origins, "horizon_label", "origins")
    days = number_column(origins, "horizon_days", "origins")
    for row, value in enumerate(days):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"column 'horizon_days', row {row}: {value:g} is not above 0")
    return {
        name: (label, float(value)) for name, label, value in zip(names, labels, days, strict=True)
    }


def _scopes(part):
    """Return (scope, its values, code of each row) for the scopes that do not depend on a model."""
    scopes = [("all", ["all"], np.zeros(len(part), dtype=np.intp))]
    for scope, labels in (
        ("acquisition_channel", part.channel),
        ("customer_type", part.kind),
    ):
        codes, values = pd.factorize(labels, sort=True)
        scopes.append((scope, list(values), codes))
    return scopes


class _Scores:
    """Scores by origin and model, looked up by history."""

    def __init__(self, frame):
        self.frame, self.numbers = frame, {}
        origin = pd.Index(text_column(frame, "origin_id", "scores"))
        model = pd.Index(text_column(frame, "model_name", "scores"))
        self.rows = {}
        for origin_id, members in groups(origin.to_numpy(dtype=object)):
            for name, inside in groups(model[members].to_numpy(dtype=object)):
                self.rows.setdefault(origin_id, {})[name] = members[inside]

    def models(self, origin_id):
        return list(self.rows.get(origin_id, ()))

    def lookup(self, origin_id, name, part, label):
        """Return expected purchases and P(active) of one model for every row of `part`."""
        rows = self.rows[origin_id][name]
        theirs = [self._values(key, rows) for key in _KEYS]
        ours = [part.frequency, part.recency, part.age]
        if "covariate_pattern" in self.frame.columns:
            patterns = self.frame["covariate_pattern"].iloc[rows]
            if not (patterns == "all").all():
                theirs.append(patterns.to_numpy(dtype=object))
                ours.append(part.pattern)
        if "orders_last_year" in self.frame.columns:
            last_year = self._values("orders_last_year", rows)
            if not np.isnan(last_year).any():
                theirs.append(last_year)
                ours.append(part.last_year)
        found = _positions(theirs, ours)
        if (found < 0).any():
            row = int(np.argmax(found < 0))
            raise ValueError(
                f"scores: {name} of {origin_id} has no row for frequency {part.frequency[row]:g}, "
                f"recency_days {part.recency[row]:g}, age_days {part.age[row]:g}, "
                f"covariate_pattern {part.pattern[row]!r}"
            )
        result = []
        for measure in (f"expected_orders_{label}", f"probability_active_{label}"):
            values = self._values(measure, rows[found])
            if not np.isfinite(values).all():
                raise ValueError(f"scores: {measure} of {name} at {origin_id} is missing")
            result.append(values)
        return result

    def _values(self, name, rows):
        if name not in self.numbers:
            self.numbers[name] = number_column(self.frame, name, "scores")
        return self.numbers[name][rows]


def _positions(theirs, ours):
    """Return for each of our rows the position of the equal row of theirs, -1 where none."""
    size = len(theirs[0])
    joint = joint_codes([np.concatenate(pair) for pair in zip(theirs, ours, strict=True)])
    position = np.full(joint.max() + 1 if len(joint) else 1, -1, dtype=np.intp)
    # of duplicates the first one counts
    position[joint[:size][::-1]] = np.arange(size)[::-1]
    return position[joint[size:]]


def joint_codes(columns):
    """Number the distinct rows over several columns.

    Parameters
    ----------
    columns : sequence of ndarray, each of shape (n,)
        Of numbers or texts.

    Returns
    -------
    ndarray of int, shape (n,)
        In the order of their first appearance.
    """
    joint = np.zeros(len(columns[0]), dtype=np.int64)
    for values in columns:
        codes, found = pd.factorize(values)
        joint = pd.factorize(joint * max(len(found), 1) + codes)[0].astype(np.int64)
    return joint


def _distinct(frame):
    """Return the distinct rows of a frame and the position of each row among these."""
    codes = joint_codes([frame[name].to_numpy() for name in frame.columns])
    first = np.unique(codes, return_index=True)[1]
    return frame.iloc[first].reset_index(drop=True), codes


# ---------- writing


class _Rows:
    """Collects blocks of metrics and turns them into one table."""

    def __init__(self):
        self.key = None
        self.blocks = []

    def add(self, scope, values, found, customers):
        """Take one scope of the present origin and model: a value per metric and scope value."""
        self.blocks.append((*self.key, scope, values, found, customers))

    def frame(self):
        texts = {name: [] for name in list(COLUMNS)[:5]}
        estimates, customers = [np.empty(0)], [np.empty(0)]
        for origin_id, model_name, scope, values, found, sizes in self.blocks:
            rows = len(values) * len(found)
            for name, text in (
                ("origin_id", origin_id),
                ("model_name", model_name),
                ("scope", scope),
            ):
                texts[name] += [text] * rows
            texts["scope_value"] += [value for value in values for _ in found]
            texts["metric"] += list(found) * len(values)
            estimates.append(np.column_stack(list(found.values())).ravel())
            customers.append(np.repeat(sizes, len(found)))
        table = {name: pd.Series(items, dtype="str") for name, items in texts.items()}
        table["estimate"] = np.concatenate(estimates).astype(float)
        table["customers"] = np.concatenate(customers).astype(float)
        return pd.DataFrame(table)
