"""Gamma-Gamma: what a customer spends per purchase, shrunk towards the population.

Source: Fader & Hardie (2013), "The Gamma-Gamma model of monetary value". Each purchase is gamma
with shape p, its rate gamma(q, v) across customers: v is in money, p and q are plain numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln

from cltv.cells import SpendCells, spend_cells, weighted_total
from cltv.maximum_likelihood import boundary_note, optimise

PARAMETER_NAMES = ("p", "q", "v")


@dataclass(frozen=True)
class SpendFit:
    """Estimates of the Gamma-Gamma model on one set of cells.

    Attributes
    ----------
    method : str
        ``'map'`` or ``'mle'``.
    params : dict of str to float
        p, q, v; v in the currency unit of the input.
    standard_error, lower_95, upper_95 : dict of str to float
        Robust; intervals symmetric in ln p, ln (q - 1), ln v.
    covariance : ndarray, shape (3, 3)
        Of (ln p, ln (q - 1), ln v).
    log_likelihood : float
        Total, without the prior, in the currency unit of the input.
    converged : bool
    iterations : int
        Likelihood evaluations.
    customers : float
        Weighted total.
    cells : int
        Distinct cells.
    mean_value : float
        Mean over customers of their mean value.
    population_mean : float
        p v / (q - 1): the mean value of a customer of whom nothing is known.
    condition_number : float
        Of the Hessian of the mean log-likelihood.
    boundary : str or None
        Which parameters the data do not pin down; None where all is well.
    """

    method: str
    params: dict[str, float]
    standard_error: dict[str, float]
    lower_95: dict[str, float]
    upper_95: dict[str, float]
    covariance: np.ndarray
    log_likelihood: float
    converged: bool
    iterations: int
    customers: float
    cells: int
    mean_value: float
    population_mean: float
    condition_number: float
    boundary: str | None


class _SpendProblem:
    """Gamma-Gamma on its cells, seen through (ln p, ln (q - 1), ln v)."""

    def __init__(self, cells):
        self.cells = cells
        self.weight = cells.weight
        self.customers = cells.weight.sum()
        self.counts, self.index = np.unique(cells.count, return_inverse=True)

    def values_and_scores(self, theta):
        p, v = np.exp(theta[[0, 2]])
        excess = np.exp(theta[1])
        q = 1.0 + excess
        n, m = self.cells.count, self.cells.mean
        shape = p * self.counts
        by_count = _log_gamma_ratio(shape, q) - gammaln(q)
        joint = digamma(shape + q)
        p_by_count = self.counts * (joint - digamma(shape))
        q_by_count = joint - digamma(q)
        total = n * m
        # shares of customer and population in v + n m, in logs of ratios: no digits are lost
        own = -np.log1p(v / total)
        prior = -np.log1p(total / v)
        values = by_count[self.index] + q * prior + p * n * own - np.log(m)
        scores = np.column_stack(
            [
                p * (p_by_count[self.index] + n * own),
                excess * (q_by_count[self.index] + prior),
                (q * total - p * n * v) / (v + total),
            ]
        )
        return values, scores

    def mean_log_likelihood(self, theta):
        values, scores = self.values_and_scores(theta)
        total, slope = weighted_total(self.weight, values), weighted_total(self.weight, scores)
        return total / self.customers, slope / self.customers

    def scores(self, theta):
        return self.values_and_scores(theta)[1]

    def sample(self, rows):
        return _SpendProblem(self.cells.sample(rows))


def log_likelihood(params, count, mean, weight=None):
    """Weighted total log-likelihood of mean values given counts.

    Parameters
    ----------
    params : mapping or sequence
        p, q, v with q > 1.
    count : array_like, shape (n,)
        Purchases behind each mean, whole numbers >= 1.
    mean : array_like, shape (n,)
        Mean value per purchase, > 0.
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a parameter or a row is out of range.

    Notes
    -----
    Fader & Hardie (2013), eq. 1a.
    """
    p, q, v = _parameters(params)
    problem = _SpendProblem(spend_cells(count, mean, weight))
    theta = np.log([p, q - 1.0, v])
    return float(weighted_total(problem.weight, problem.values_and_scores(theta)[0]))


def fit_gamma_gamma(count, mean, weight=None, method="map"):
    """Fit the Gamma-Gamma model to customers or to weighted cells.

    Parameters
    ----------
    count : array_like, shape (n,)
        Purchases behind each mean, whole numbers >= 1.
    mean : array_like, shape (n,)
        Mean value per purchase, > 0, in any currency unit.
    weight : array_like, shape (n,), optional
        Customers per row, > 0; 1 each by default.
    method : {'map', 'mle'}
        Maximum a posteriori under weak priors, or plain maximum likelihood.

    Returns
    -------
    SpendFit

    Raises
    ------
    ValueError
        If a row is out of range, there are no rows, all means are equal, or the method is unknown.

    Notes
    -----
    Means are divided by their own average before anything else, so that neither the search nor
    the prior knows the currency. q > 1 holds by construction, so that a mean exists.
    """
    return fit_cells(spend_cells(count, mean, weight), method)


def fit_cells(cells: SpendCells, method="map"):
    """Fit the Gamma-Gamma model to cells that are already checked and collapsed.

    Parameters
    ----------
    cells : SpendCells
        From `cltv.cells.spend_cells`.
    method : {'map', 'mle'}
        With or without the prior.

    Returns
    -------
    SpendFit

    Raises
    ------
    ValueError
        If there are no rows, all means are equal, or the method is unknown.
    """
    customers = float(cells.weight.sum())
    if not customers > 0:
        raise ValueError("no customers")
    if not varies(cells.mean):
        raise ValueError("all means are equal")
    mean_value = float(weighted_total(cells.weight, cells.mean)) / customers
    optimum = optimise(_SpendProblem(cells.scaled(mean_value)), np.zeros(3), method)

    relative = np.exp(optimum.theta)
    shift = np.array([0.0, 1.0, 0.0])
    unit = np.array([1.0, 1.0, mean_value])
    error = np.sqrt(np.diag(optimum.covariance))
    reach = np.exp(np.minimum(1.959963984540054 * error, 300.0))

    def named(values):
        return dict(zip(PARAMETER_NAMES, map(float, values), strict=True))

    params = named((shift + relative) * unit)
    return SpendFit(
        method=method,
        params=params,
        standard_error=named(relative * error * unit),
        lower_95=named((shift + relative / reach) * unit),
        upper_95=named((shift + relative * reach) * unit),
        covariance=optimum.covariance,
        # the density of every mean carries one factor 1 / money
        log_likelihood=optimum.log_likelihood - customers * float(np.log(mean_value)),
        converged=optimum.converged,
        iterations=optimum.iterations,
        customers=customers,
        cells=len(cells),
        mean_value=mean_value,
        population_mean=float(relative[0] * relative[2] / relative[1] * mean_value),
        condition_number=optimum.condition_number,
        boundary=boundary_note(optimum, PARAMETER_NAMES, relative)[0],
    )


def expected_average_value(params, count, mean):
    """Return the expected value per future purchase, given what a customer has spent so far.

    Parameters
    ----------
    params : mapping or sequence
        p, q, v with q > 1; v in the currency unit of `mean`.
    count : array_like, shape (n,)
        Purchases behind each mean, >= 0; at 0 the mean is ignored.
    mean : array_like, shape (n,)
        Mean value per purchase, > 0 where the count is above 0.

    Returns
    -------
    float or ndarray, shape (n,)
        Between the population mean and the customer's own.

    Raises
    ------
    ValueError
        If a parameter is out of range, a count negative, or a mean not above 0.

    Notes
    -----
    Fader & Hardie (2013), eq. 5: p (v + n m) / (p n + q - 1).
    """
    p, q, v = _parameters(params)
    count, mean = np.broadcast_arrays(np.asarray(count, float), np.asarray(mean, float))
    if not np.isfinite(count).all() or (count < 0).any():
        raise ValueError("count must be finite and at least 0")
    known = count > 0
    if not np.isfinite(mean[known]).all() or (mean[known] <= 0).any():
        raise ValueError("mean must be finite and above 0 where the count is above 0")
    total = np.where(known, count * np.where(known, mean, 1.0), 0.0)
    result = p * (v + total) / (p * count + q - 1.0)
    return float(result) if result.ndim == 0 else result


def varies(mean):
    """Return whether means differ by more than rounding.

    Parameters
    ----------
    mean : ndarray, shape (n,)
        Positive means.

    Returns
    -------
    bool
    """
    return bool(len(mean) and mean.max() - mean.min() > 1e-9 * mean.max())


def _log_gamma_ratio(s, q):
    """Return ln gamma(s + q) - ln gamma(s), by Stirling's series where the difference cancels."""
    large = np.maximum(s, 100.0)

    def tail(z):
        return (1 / 12 - (1 / 360 - 1 / (1260 * z * z)) / (z * z)) / z

    series = q * np.log(large) + (large + q - 0.5) * np.log1p(q / large) - q
    series += tail(large + q) - tail(large)
    return np.where(s < 100.0, gammaln(s + q) - gammaln(s), series)


def _parameters(params):
    if isinstance(params, Mapping):
        if set(params) != set(PARAMETER_NAMES):
            raise ValueError(f"gamma_gamma needs the parameters {', '.join(PARAMETER_NAMES)}")
        params = [params[name] for name in PARAMETER_NAMES]
    p, q, v = (float(value) for value in params)
    if not (np.isfinite([p, q, v]).all() and p > 0 and v > 0 and q > 1):
        raise ValueError(f"gamma_gamma needs p > 0, q > 1, v > 0; got {p:g}, {q:g}, {v:g}")
    return p, q, v
