"""Survival in whole periods when each customer's chance to leave is beta-distributed.

S(t) = B(a, b + t^c) / B(a, b): the beta-geometric distribution at c = 1, the beta-discrete-Weibull
at any other c. Contracts end this way, and so do the customers of the BG/BB model.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, xlogy

_SHIFT = 10
_LONGEST = 300.0
_EXACT_TERMS = 1000
_EFOLDS = 45.0
_FAR = np.log(1e17)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)


def log_survival(a, b, c, t):
    """Return ln S(t) = ln B(a, b + t^c) - ln B(a, b).

    Parameters
    ----------
    a, b, c : float
        Shapes, > 0.
    t : ndarray
        Periods, >= 0.

    Returns
    -------
    ndarray, shape of `t`
        <= 0; 0 at t = 0.
    """
    return _log_beta_step(a, b, _power(t, c))


def log_survival_slopes(a, b, c, t):
    """Return the slopes of ln S(t) in ln a, ln b and ln c.

    Parameters
    ----------
    a, b, c : float
        Shapes, > 0.
    t : ndarray, shape (n,)
        Periods, >= 0.

    Returns
    -------
    ndarray, shape (n, 3)
    """
    x = _power(t, c)
    both = digamma(a + b) - digamma(a + b + x)
    alone = digamma(b + x) - digamma(b)
    longer = digamma(b + x) - digamma(a + b + x)
    return np.column_stack([a * both, b * (alone + both), c * xlogy(x, t) * longer])


def log_retention(a, b, c, t):
    """Return ln S(t) / S(t - 1), without the difference of two near-equal numbers.

    Parameters
    ----------
    a, b, c : float
        Shapes, > 0.
    t : ndarray
        Periods, >= 1.

    Returns
    -------
    ndarray, shape of `t`
        < 0.
    """
    before = _power(t - 1.0, c)
    # t^c - (t - 1)^c; beyond all sense of c the two are equal in floating point
    step = np.where(
        t > 1.0,
        before * np.expm1(np.minimum(c * np.log1p(1.0 / np.maximum(t - 1.0, 1.0)), _LONGEST)),
        1.0,
    )
    return np.minimum(_log_beta_step(a, b + before, step), -1e-300)


def residual_sum(a, b, c, tenure, log_discount=0.0, horizon=None):
    """Return the sum over m = 1, 2, … of S(tenure + m) / S(tenure), the m-th term discounted.

    Parameters
    ----------
    a, b, c : float
        Shapes, > 0.
    tenure : ndarray of float, shape (n,)
        Whole periods survived so far, >= 0.
    log_discount : float
        Logarithm of what one unit is worth a period earlier, <= 0. The term of m = 1 carries it
        once.
    horizon : int, optional
        Number of terms; all of them by default.

    Returns
    -------
    ndarray, shape (n,)
        Infinite where the sum does not end: no horizon, no discount and a c <= 1.

    Notes
    -----
    Without a horizon, the first thousand terms are added and the rest comes from the
    Euler-Maclaurin formula, its integral by Gauss-Legendre quadrature over log-time.
    """
    if horizon is None and log_discount == 0.0 and a * c <= 1.0:
        return np.full(len(tenure), np.inf)
    exact = _EXACT_TERMS if horizon is None else int(horizon)
    ahead = np.arange(1.0, exact + 1.0)
    values, index = np.unique(tenure, return_inverse=True)
    sums = np.empty(len(values))
    for position, start in enumerate(values):
        level = log_survival(a, b, c, np.array([start]))
        terms = log_survival(a, b, c, start + ahead) - level + log_discount * ahead
        sums[position] = np.exp(terms).sum()
        if horizon is None:
            sums[position] += _tail(a, b, c, float(start), float(level[0]), log_discount)
    return sums[index]


def _tail(a, b, c, start, level, log_discount):
    """Sum of the terms after the first thousand, by Euler and Maclaurin."""
    first = start + _EXACT_TERMS + 1.0
    log_first = np.log(first)

    def log_term(log_time):
        x = np.exp(np.minimum(c * log_time, _LONGEST))
        time = np.exp(np.minimum(log_time, _LONGEST))
        return _log_beta_step(a, b, x) - level + log_discount * (time - start)

    def integrand(u):
        return np.exp(log_term(log_first + u) + log_first + u)

    if log_discount < 0.0:
        reach = np.log1p(-_EFOLDS / (log_discount * first))
        beyond = 0.0
    else:
        # from here on S is a power of time to the last digit: the rest is known in closed form
        reach = max((_FAR + np.log(a + b + 1.0)) / c - log_first, 0.0)
        beyond = float(integrand(np.array([reach]))[0]) / (a * c - 1.0)
    panels = int(np.clip(np.ceil(2.0 * reach), 1, 2000))
    width = reach / panels
    nodes = (np.arange(panels)[:, None] + 0.5 * (_NODES + 1.0)) * width
    area = 0.5 * width * float((integrand(nodes) * _WEIGHTS).sum())
    end = np.exp(float(log_term(np.array([log_first]))[0]))
    x = np.exp(np.minimum(c * log_first, _LONGEST))
    slope = c * x / first * (digamma(b + x) - digamma(a + b + x)) + log_discount
    return area + beyond + end * (0.5 - slope / 12.0)


def _power(t, c):
    """Return t ** c, without overflow where a search tries an absurd c."""
    t = np.asarray(t, dtype=float)
    return np.where(t > 0, np.exp(np.minimum(c * np.log(np.maximum(t, 1e-300)), _LONGEST)), 0.0)


def _log_beta_step(a, b, x):
    """Return ln B(a, b + x) - ln B(a, b), exact also where a difference of log-gammas is not.

    Stirling's series for all four gamma functions at once, after b is moved up by ten.
    """
    low, high = b + 0.0 * x, b + x
    result = np.zeros(np.shape(high))
    for _ in range(_SHIFT):
        result += np.log1p(a / high) - np.log1p(a / low)
        low, high = low + 1.0, high + 1.0
    result += (low - 0.5) * np.log1p(x / low) - (a + low - 0.5) * np.log1p(x / (a + low))
    result += x * np.log1p(-a / (a + high))
    return result + (_series(high) - _series(low)) - (_series(a + high) - _series(a + low))


def _series(z):
    """Stirling's correction to ln gamma(z), z >= 10."""
    inverse = 1.0 / z
    square = inverse * inverse
    terms = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
    total = np.zeros(np.shape(z))
    for term in reversed(terms):
        total = term + square * total
    return inverse * total
