"""A gradient-boosted challenger: learns from earlier origins where the ensemble errs.

An optional extra: it needs scikit-learn, which nothing else does.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cltv.cells import check_purchases
from cltv.evaluation.tables import joint_codes
from cltv.frames import column, groups, text_column

MODEL_NAME = "boosted"

MINIMUM_ROWS = 1000
"""Fewer cells of earlier origins than this teach nothing."""

INSTALL = "the boosted challenger needs scikit-learn: pip install 'crm_cltv[challenger]'"

FEATURES = (
    "frequency",
    "recency_days",
    "age_days",
    "silence_days",
    "mean_gap_days",
    "silent_gaps",
    "orders_last_year",
    "channel_code",
    "type_code",
    "expected_orders_per_year",
    "probability_active",
)
"""What the trees see, in this order."""

_KEYS = ("covariate_pattern", "frequency", "recency_days", "age_days", "orders_last_year")
_MEASURES = ("expected_orders", "probability_active")
# a ratio to nothing is no number
_LEAST = 1e-4
_TEXTS = ("origin_id", "acquisition_channel", "customer_type", "covariate_pattern")
_NUMBERS = ("frequency", "recency_days", "age_days", "orders_last_year", "customers")


def predict_boosted(cells, scores, origins, model="ensemble", seed=0):
    """Predict the cells of every origin that has earlier origins to learn from.

    Parameters
    ----------
    cells : pandas.DataFrame
        origin_id, acquisition_channel, customer_type, covariate_pattern, frequency, recency_days,
        age_days, orders_last_year, holdout_orders (missing where not known yet), customers.
    scores : pandas.DataFrame
        origin_id, model_name, frequency, recency_days, age_days, covariate_pattern,
        ``expected_orders_<h>``, ``probability_active_<h>`` for each origin's horizon label h.
    origins : pandas.DataFrame
        origin_id, origin_date, horizon_label, horizon_days.
    model : str
        Whose predictions are corrected.
    seed : int
        Of the boosting.

    Returns
    -------
    pandas.DataFrame
        Rows that can be appended to `scores` and handed to `evaluate_orders`: origin_id,
        model_name 'boosted', the columns of the key (with orders_last_year), and
        ``expected_orders_<h>`` and ``probability_active_<h>`` of the origin's own horizon. Empty
        where no origin has a teacher: an origin teaches if its holdout has ended by the date of
        the origin that is predicted. With monthly origins and holdouts of a year only the
        present has teachers.

    Raises
    ------
    ImportError
        One line, where scikit-learn is absent.
    ValueError
        If a column is missing, a row is impossible, or a score is missing.

    Notes
    -----
    Stacking: trees with Poisson loss learn the ratio of purchases to the ensemble's prediction,
    weighted by that prediction, which is the Poisson likelihood with the ensemble as offset. Not
    knowing better they leave the ensemble as it is, and horizons of different length mix. The
    chance to buy nothing at all is raised to the power of the same ratio, as if the rate of
    buying had changed by it.
    """
    regressor, one_thread = _learner(seed)
    table = _Table(cells, scores, origins, model)
    parts = []
    for origin_id, rows in table.origins():
        taught = table.teachers(origin_id)
        # cells that nobody bought from teach no ratio
        if len(taught) < MINIMUM_ROWS or not table.holdout[taught].sum() > 0:
            continue
        with one_thread():
            parts.append(_predict(table, origin_id, rows, taught, regressor()))
    if parts:
        return pd.concat(parts, ignore_index=True)
    return pd.DataFrame(columns=["origin_id", "model_name", *_KEYS])


def with_challenger(scores, cells, origins, challenger="none"):
    """Return the scores with those of a challenger below them.

    Parameters
    ----------
    scores, cells, origins : pandas.DataFrame
        As for `predict_boosted`.
    challenger : {'none', 'boosted'}
        What to add.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ImportError
        One line, where scikit-learn is needed and absent.
    ValueError
        If the challenger is unknown.
    """
    if challenger not in ("none", MODEL_NAME):
        raise ValueError(f"challenger must be 'none' or {MODEL_NAME!r}, got {challenger!r}")
    if challenger == "none":
        return scores
    boosted = predict_boosted(cells, scores, origins)
    return pd.concat([scores, boosted], ignore_index=True) if len(boosted) else scores


def _learner(seed):
    try:
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise ImportError(INSTALL) from None
    shape = {
        "learning_rate": 0.05,
        # few trees with wide leaves: from a few thousand customers more would learn noise
        "max_iter": 60,
        "max_leaf_nodes": 6,
        "min_samples_leaf": 200,
        "l2_regularization": 5.0,
        "early_stopping": False,
        "random_state": seed,
        "categorical_features": [FEATURES.index("channel_code"), FEATURES.index("type_code")],
    }
    return (
        lambda: HistGradientBoostingRegressor(loss="poisson", **shape),
        # one thread adds up the same on every machine, and does not wait for others on a busy one
        lambda: threadpool_limits(limits=1, user_api="openmp"),
    )


def _predict(table, origin_id, rows, taught, regressor):
    """Learn from the rows `taught`, predict the distinct keys among `rows`."""
    seen = table.features[taught]
    weight, foreseen = table.customers[taught], table.foreseen[taught]
    regressor.fit(seen, table.holdout[taught] / foreseen, sample_weight=weight * foreseen)
    distinct = joint_codes([table.keys[name][rows] for name in _KEYS])
    rows = rows[np.unique(distinct, return_index=True)[1]]
    ratio = regressor.predict(table.features[rows])
    expected = table.foreseen[rows] * ratio
    inactive = np.log1p(-np.minimum(table.active[rows], 1.0 - 1e-12))
    probability = -np.expm1(ratio * inactive)
    label = table.horizon[origin_id][0]
    found = {
        "origin_id": pd.Series(origin_id, index=range(len(rows)), dtype="str"),
        "model_name": pd.Series(MODEL_NAME, index=range(len(rows)), dtype="str"),
    }
    for name in _KEYS:
        values = table.keys[name][rows]
        found[name] = pd.Series(values, dtype="str" if name == _KEYS[0] else "int64")
    found[f"expected_orders_{label}"] = expected
    found[f"probability_active_{label}"] = probability
    return pd.DataFrame(found)


class _Table:
    """Checked cells with the ensemble's predictions and everything that the trees see."""

    def __init__(self, cells, scores, origins, model):
        texts = {name: text_column(cells, name, "cells") for name in _TEXTS}
        numbers = {name: column(cells, name, "cells") for name in _NUMBERS}
        check_purchases(
            *(numbers[name] for name in ("frequency", "recency_days", "age_days", "customers")),
            names=("frequency", "recency_days", "age_days", "customers"),
            whole_times=True,
        )
        self.holdout = column(cells, "holdout_orders", "cells").astype(float)
        self.customers = numbers["customers"]
        self.keys = {name: (texts | numbers)[name] for name in _KEYS}
        self.origin = texts["origin_id"]
        self.horizon = _horizons(origins)
        self.foreseen, self.active = _joined(texts, numbers, scores, self.horizon, model)
        days = np.array([self.horizon[origin_id][1] for origin_id in self.origin])
        x, recency, age = (numbers[name] for name in ("frequency", "recency_days", "age_days"))
        silence = age - recency
        gap = np.where(x > 0, recency / np.maximum(x, 1.0), np.nan)
        self.features = np.column_stack(
            [
                x,
                recency,
                age,
                silence,
                gap,
                silence / gap,
                numbers["orders_last_year"],
                _category(texts["acquisition_channel"]),
                _category(texts["customer_type"]),
                self.foreseen * 365.0 / days,
                self.active,
            ]
        )

    def origins(self):
        return groups(self.origin)

    def teachers(self, origin_id):
        """Rows of the origins whose holdout had ended by the date of this one."""
        date = self.horizon[origin_id][2]
        ended = {
            other
            for other, (_, days, start) in self.horizon.items()
            if start + days <= date and other != origin_id
        }
        inside = np.array([label in ended for label in self.origin], dtype=bool)
        return np.flatnonzero(inside & np.isfinite(self.holdout))


def _joined(texts, numbers, scores, horizons, model):
    """Return expected purchases (above 0) and P(active) of `model` for every cell."""
    keys = ["origin_id", "covariate_pattern", "frequency", "recency_days", "age_days"]
    mine = scores[text_column(scores, "model_name", "scores") == model]
    ours = pd.DataFrame({key: (texts | numbers)[key] for key in keys})
    if "covariate_pattern" not in mine.columns or (mine["covariate_pattern"] == "all").all():
        keys.remove("covariate_pattern")
    labels = sorted({horizons[origin_id][0] for origin_id in set(texts["origin_id"])})
    wanted = [f"{name}_{label}" for label in labels for name in _MEASURES]
    missing = [name for name in (*keys, *wanted) if name not in mine.columns]
    if missing:
        raise ValueError(f"scores: column {missing[0]!r} is missing")
    found = ours[keys].merge(mine[[*keys, *wanted]].drop_duplicates(keys), how="left", on=keys)
    chosen = []
    for name in _MEASURES:
        values = np.full(len(ours), np.nan)
        for label in labels:
            own = np.array([horizons[key][0] == label for key in texts["origin_id"]], dtype=bool)
            values[own] = found[f"{name}_{label}"].to_numpy(dtype=float)[own]
        if not np.isfinite(values).all():
            row = int(np.argmax(~np.isfinite(values)))
            raise ValueError(f"scores: {model} has no {name} for the cell in row {row}")
        chosen.append(values)
    return np.maximum(chosen[0], _LEAST), chosen[1]


def _horizons(origins):
    names = text_column(origins, "origin_id", "origins")
    labels = text_column(origins, "horizon_label", "origins")
    days = column(origins, "horizon_days", "origins").astype(float)
    if "origin_date" not in origins.columns:
        raise ValueError("origins: column 'origin_date' is missing")
    dates = pd.to_datetime(origins["origin_date"]).to_numpy(dtype="datetime64[D]").astype(float)
    return {
        key: (label, length, date)
        for key, label, length, date in zip(names, labels, days, dates, strict=True)
    }


def _category(labels):
    # the trees know 255 categories; whatever comes after shares the last one
    return np.minimum(pd.factorize(labels, sort=True)[0], 254)
