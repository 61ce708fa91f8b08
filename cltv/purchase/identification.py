"""Can the data tell that customers leave at all?"""

from __future__ import annotations

import numpy as np

from cltv.maximum_likelihood import optimise
from cltv.purchase.family import DROPOUT_PARAMETERS

EVIDENCE = 2.0
"""Log-likelihood that dropout must add: the 5 % level of a test against customers who stay."""

_NEVER = 1e-9


def dropout_is_identified(fit):
    """Return whether the data say anything about dropout.

    Parameters
    ----------
    fit : PurchaseFit
        A converged fit.

    Returns
    -------
    bool
        False where a dropout parameter is at its limit or the likelihood is flat in it, and
        nobody ever leaving explains the data as well. The first alone is no reason: dropout that
        is the same for everybody also lies at a limit, and is well known.

    Notes
    -----
    Without this, P(alive) = 1 would be printed as if it were knowledge (on UCI Online Retail to
    2011-06-30 b is 4.5e8 in BG/NBD and s goes to 0 in Pareto/NBD).
    """
    dropout = DROPOUT_PARAMETERS[fit.model.name]
    if not set(fit.unidentified) & set(dropout):
        return True
    problem = _StayingProblem(fit.model, fit.scaled_cells, dropout)
    start = fit.theta[problem.kept]
    staying = optimise(problem, start, "mle")
    scale = fit.repeat_purchases * np.log(fit.mean_age)
    return bool(fit.log_likelihood + scale > staying.log_likelihood + EVIDENCE)


class _StayingProblem:
    """The same model with its dropout switched off."""

    def __init__(self, model, cells, dropout):
        self.model, self.cells, self.dropout = model, cells, dropout
        self.weight = cells.weight
        self.customers = cells.weight.sum()
        names = model.parameter_names
        self.kept = np.array([at for at, name in enumerate(names) if name not in dropout])
        # the first of the two makes leaving more likely as it grows
        self.never = np.array([_NEVER if name == dropout[0] else 1.0 for name in names])

    def _params(self, theta):
        params = self.never.copy()
        params[self.kept] = np.exp(theta)
        return params

    def mean_log_likelihood(self, theta):
        total, gradient = self.model.log_likelihood(self._params(theta), self.cells)
        return total / self.customers, gradient[self.kept] / self.customers

    def scores(self, theta):
        return self.model.cell_scores(self._params(theta), self.cells)[1][:, self.kept]

    def sample(self, rows):
        return _StayingProblem(self.model, self.cells.sample(rows), self.dropout)
