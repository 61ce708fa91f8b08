"""How many customers of a cell buy how often: probabilities of counts, from predictive draws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cltv.purchase.family import BY_GROUP, COVARIATES, members, read_fits

COUNTS = 61
"""Counts 0, 1, ... 59 have a probability each, 60 and more share the last one."""

DRAWS = 128
"""Draws per cell and member of the family."""

_UNIFORMS = 5


class PredictiveCounts:
    """Predictive distributions of fitted models, cell by cell.

    Parameters
    ----------
    fits : pandas.DataFrame
        From `cltv.purchase.fit_purchase_models`.
    draws : int
        Draws per cell and model; an ensemble has as many of each member.

    Notes
    -----
    All cells share their draws of each model, a Latin hypercube with a fixed seed: the same input
    gives the same probabilities.
    """

    def __init__(self, fits, draws=DRAWS):
        self._fitted = read_fits(fits)
        rng = np.random.default_rng(20050101)
        ranks = np.tile(np.arange(draws), (_UNIFORMS, 1))
        self._uniforms = (rng.permuted(ranks, axis=1).T + 0.5) / draws
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
            Columns: the last one holds all that is left.

        Returns
        -------
        ndarray, shape (n, counts), or None
            None where the origin has no usable fit of that name.
        """
        chosen = members(model_name, self._fitted.get(origin_id, {}))
        if not chosen:
            return None
        # members are asked for again as models of their own
        key = (origin_id, horizon_days, counts, _fingerprint(cells))
        if self._seen[0] != key:
            self._seen = (key, {})
        known = self._seen[1]
        for one in chosen:
            if one.name not in known:
                known[one.name] = self._member(one, cells, horizon_days, counts)
        return sum(known[one.name] for one in chosen) / len(chosen)

    def _member(self, one, cells, horizon_days, counts):
        found = np.empty((len(cells), counts))
        for params, rows in _parts(one, cells):
            # 2000 rows at a time bound the memory
            for part in np.array_split(rows, max(1, -(-len(rows) // 2000))):
                found[part] = self._probabilities(one, params, cells, part, horizon_days, counts)
        return found

    def _probabilities(self, one, params, cells, rows, horizon_days, counts):
        x, recency, age = (
            cells[name].to_numpy(dtype=float)[rows]
            for name in ("frequency", "recency_days", "age_days")
        )
        drawn = one.model.draw_purchases(
            params, x, recency / one.unit, age / one.unit, horizon_days / one.unit, self._uniforms
        )
        drawn = np.minimum(drawn, counts - 1)
        place = drawn + counts * np.arange(len(rows))[:, None]
        table = np.bincount(place.ravel(), minlength=counts * len(rows))
        return table.reshape(len(rows), counts) / len(self._uniforms)


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
