"""How many customers of a cell buy how often: predictive probabilities of counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cltv.purchase.family import BY_GROUP, COVARIATES, members, read_fits
from cltv.purchase.quadrature import even_points

COUNTS = 61
"""Counts 0, 1, ... 59 have a probability each, 60 and more share the last one."""

DRAWS = 512
"""Draws, a power of two, per cell of a model whose probabilities are not known in closed form."""

_UNIFORMS, _NODES, _FOLDS = 5, 16, 30.0


class PredictiveCounts:
    """Predictive distributions of fitted models, cell by cell.

    Parameters
    ----------
    fits : pandas.DataFrame
        From `cltv.purchase.fit_purchase_models`.
    """

    def __init__(self, fits):
        self._fitted = read_fits(fits)
        self._seen = (None, {})

    def __call__(self, origin_id, model_name, cells, horizon_days, counts=COUNTS):
        """Probabilities of 0, 1, ... purchases in the next days.

        Parameters
        ----------
        origin_id, model_name : str
            Which fit; an ensemble's distribution is the mean of its members'.
        cells : pandas.DataFrame, n rows
            frequency, recency_days, age_days and, for models by group, covariate_pattern,
            acquisition_channel, customer_type.
        horizon_days : float
            Days ahead, > 0.
        counts : int
            Columns, >= 2: the last one holds all that is left.

        Returns
        -------
        ndarray, shape (n, counts), or None
            None where the origin has no usable fit of that name.
        """
        chosen = members(model_name, self._fitted.get(origin_id, {}))
        if not chosen:
            return None
        # members of an ensemble are asked for again as models of their own
        key = (origin_id, horizon_days, counts, _fingerprint(cells))
        if self._seen[0] != key:
            self._seen = (key, {})
        known = self._seen[1]
        for one in chosen:
            if one.name not in known:
                known[one.name] = _of_model(one, cells, horizon_days, counts)
        return sum(known[one.name] for one in chosen) / len(chosen)


def future_counts(model, params, frequency, recency, age, horizon, counts=COUNTS):
    """Probabilities of 0, 1, ... purchases in the next `horizon` time units, given the history.

    Parameters
    ----------
    model : PurchaseModel
        Any model of the family.
    params : mapping or sequence
        Its parameters.
    frequency, recency, age : ndarray, shape (n,)
        Purchase days after the first, age at the last purchase, age.
    horizon : float
        Time units ahead, > 0.
    counts : int
        Columns, >= 2: the last one holds all that is left.

    Returns
    -------
    ndarray, shape (n, counts)
        Rows add up to 1.

    Notes
    -----
    Of a customer who is alive, rate and dropout are independent given the history. BG/NBD and
    MBG/NBD: at least y purchases need y of the rate's process (negative binomial) and y - 1
    chances to leave that were passed (beta-geometric), so that the two tails multiply. Pareto/NBD:
    negative binomial over the time alive, which is integrated by Gauss-Legendre quadrature over
    the residual lifetime's hazard. MBG/CNBD-k: shares of `DRAWS` predictive draws, all cells from
    the same Latin hypercube with a fixed seed.
    """
    x, recency, age = (np.asarray(values, dtype=float) for values in (frequency, recency, age))
    if model.name not in _IF_ALIVE:
        return _shares_of_draws(model, params, x, recency, age, horizon, counts)
    params = model.parameter_vector(params)
    alive = model.probability_alive(params, x, recency, age)
    return _table(model, params, alive, x, age, horizon, counts)


def _table(model, params, alive, x, age, horizon, counts):
    """Probabilities of counts; each parameter is a number or one per row."""
    at_least = _IF_ALIVE[model.name](params, x, age, horizon, counts)
    at_least *= alive
    at_least[0] = 1.0
    at_least[:-1] -= at_least[1:]
    return np.clip(at_least, 0.0, 1.0).T


# ---------- probabilities of at least 0, 1, ... purchases if alive, shape (counts, n)


def _bg_if_alive(params, x, age, horizon, counts):
    r, alpha, a, b = params
    return _min_of_both(r, alpha, a, b + x, x, age, horizon, counts)


def _mbg_if_alive(params, x, age, horizon, counts):
    r, alpha, a, b = params
    return _min_of_both(r, alpha, a, b + x + 1.0, x, age, horizon, counts)


def _min_of_both(r, alpha, a, stay, x, age, horizon, counts):
    at_least = _negative_binomial_tails(r + x, horizon / (alpha + age), counts)
    stayed = np.ones(len(x))
    for count in range(2, counts):
        stayed = stayed * ((stay + count - 2.0) / (a + stay + count - 2.0))
        at_least[count] *= stayed
    return at_least


def _pareto_if_alive(params, x, age, horizon, counts):
    r, alpha, s, beta = params
    rate_time, dropout_time = alpha + age, beta + age
    whole = np.log1p(horizon / dropout_time)
    survived = np.exp(-s * whole)
    at_least = survived * _negative_binomial_tails(r + x, horizon / rate_time, counts)
    # beyond so many e-folds of the lifetime nobody is left
    reach = np.minimum(whole, _FOLDS / s)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    folds = 0.5 * reach * (nodes + 1.0)[:, None]
    share = weights[:, None] * np.exp(-s * folds)
    share *= (1.0 - survived) / share.sum(axis=0)
    for node in range(_NODES):
        ratio = dropout_time * np.expm1(folds[node]) / rate_time
        tails = _negative_binomial_tails(r + x, ratio, counts)
        tails *= share[node]
        at_least += tails
    return at_least


_IF_ALIVE = {
    "bg_nbd": _bg_if_alive,
    "mbg_nbd": _mbg_if_alive,
    "pareto_nbd": _pareto_if_alive,
}


def _negative_binomial_tails(size, ratio, counts):
    """Probability of at least 0, 1, ... events; `ratio` is time over the gamma rate, (n,)."""
    table = np.empty((counts, len(size)))
    chance = np.exp(-size * np.log1p(ratio))
    share = ratio / (1.0 + ratio)
    grown = share * (size - 1.0)
    table[0] = 1.0
    for count in range(1, counts):
        np.subtract(table[count - 1], chance, out=table[count])
        # chance of one more: (size + count - 1) / count x share
        grown += share
        chance *= grown
        chance /= count
    return np.maximum(table, 0.0, out=table)


# ---------- draws


def _shares_of_draws(model, params, x, recency, age, horizon, counts):
    uniforms = even_points(DRAWS, _UNIFORMS)
    drawn = model.draw_purchases(params, x, recency, age, horizon, uniforms)
    place = np.minimum(drawn, counts - 1) + counts * np.arange(len(x))[:, None]
    table = np.bincount(place.ravel(), minlength=counts * len(x))
    return table.reshape(len(x), counts) / DRAWS


# ---------- cells


def _of_model(one, cells, horizon_days, counts):
    unit, horizon = one.unit, horizon_days / one.unit
    x, recency, age = (
        cells[name].to_numpy(dtype=float) for name in ("frequency", "recency_days", "age_days")
    )
    recency, age = recency / unit, age / unit
    parts = _parts(one, cells)
    if one.model.name not in _IF_ALIVE:
        found = np.empty((len(cells), counts))
        for params, rows in parts:
            found[rows] = _shares_of_draws(
                one.model, params, x[rows], recency[rows], age[rows], horizon, counts
            )
        return found
    each, alive = np.empty((len(one.params), len(cells))), np.empty(len(cells))
    for params, rows in parts:
        each[:, rows] = params[:, None]
        alive[rows] = one.model.probability_alive(params, x[rows], recency[rows], age[rows])
    return _table(one.model, each, alive, x, age, horizon, counts)


def _parts(one, cells):
    """Return (parameters, rows) for each set of parameters that the cells call for."""
    rows = np.arange(len(cells))
    if not one.name.endswith(BY_GROUP):
        return [(one.params, rows)]
    codes, _ = pd.factorize(cells["covariate_pattern"])
    parts = []
    for code in range(codes.max(initial=-1) + 1):
        inside = rows[codes == code]
        levels = {name: cells[name].iloc[inside[0]] for name in COVARIATES}
        parts.append((one.params_for(levels), inside))
    return parts


def _fingerprint(cells):
    return int(pd.util.hash_pandas_object(cells, index=False).sum() % 2**63)
