"""BG/BB: buying or not at each opportunity, and dropping out between two of them.

Source: Fader, Hardie & Shang (2010), "Customer-base analysis in a discrete-time noncontractual
setting", Marketing Science 29(6). A living customer buys at an opportunity with probability
p ~ beta(alpha, beta) and is lost before an opportunity with probability theta ~ beta(gamma, delta).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy.special import gammaln, logsumexp

from cltv.beta_survival import residual_sum
from cltv.cells import (
    _check_weights,
    _numbers,
    _refuse,
    _same_length,
    collapse,
    thin,
    weighted_total,
)
from cltv.maximum_likelihood import boundary_note, optimise

NAMES = ("frequency", "recency", "opportunities", "weight")


@dataclass(frozen=True)
class OpportunityCells:
    """Distinct (frequency, recency, opportunities) with weights, sorted by these three.

    Attributes
    ----------
    frequency : ndarray, shape (n,)
        Opportunities at which the customer bought after the one that made them a customer.
    recency : ndarray, shape (n,)
        Number of the last of these, counted from 1; 0 where there is none.
    opportunities : ndarray, shape (n,)
        Opportunities that there were, >= recency.
    weight : ndarray, shape (n,)
        Customers in each cell.
    """

    frequency: np.ndarray
    recency: np.ndarray
    opportunities: np.ndarray
    weight: np.ndarray

    def __len__(self):
        """Return the number of distinct cells."""
        return len(self.frequency)

    def sample(self, rows):
        """Return fewer cells that stand for all, without randomness.

        Parameters
        ----------
        rows : int
            At most this many cells are kept.

        Returns
        -------
        OpportunityCells
            Weighted by the draws that hit a cell (see `cltv.cells.thin`).
        """
        kept, weight = thin(self.weight, rows)
        return OpportunityCells(
            self.frequency[kept], self.recency[kept], self.opportunities[kept], weight
        )


def opportunity_cells(frequency, recency, opportunities, weight=None, names=NAMES):
    """Check customers or cells of customers and collapse them.

    Parameters
    ----------
    frequency, recency, opportunities : array_like, shape (n,)
        Whole numbers, see `OpportunityCells`.
    weight : array_like, shape (n,), optional
        Customers per row, > 0; 1 each by default.
    names : tuple of 4 str
        What to call the columns in an error.

    Returns
    -------
    OpportunityCells

    Raises
    ------
    ValueError
        Names the column, the first offending row (position from 0) and its value.
    """
    x, t, n = _checked(frequency, recency, opportunities, names)
    w = np.ones(len(x)) if weight is None else _numbers(weight, names[3])
    _same_length((x, w), (names[0], names[3]))
    _check_weights(w, names[3], whole=False)
    (x, t, n), w = collapse((x, t, n), w)
    return OpportunityCells(x, t, n, w)


class BGBB:
    """The BG/BB model; parameters alpha, beta of buying, gamma, delta of dropping out."""

    name = "bg_bb"
    parameter_names = ("alpha", "beta", "gamma", "delta")

    def parameter_vector(self, params):
        """Return alpha, beta, gamma, delta, checked.

        Parameters
        ----------
        params : mapping or sequence
            By name, or in the order of `parameter_names`.

        Returns
        -------
        ndarray, shape (4,)

        Raises
        ------
        ValueError
            If one is missing, not finite or not above 0.
        """
        if isinstance(params, Mapping):
            missing = [name for name in self.parameter_names if name not in params]
            if missing:
                raise ValueError(f"{self.name}: parameter {missing[0]!r} is missing")
            params = [params[name] for name in self.parameter_names]
        vector = np.asarray(params, dtype=float)
        if vector.shape != (4,):
            raise ValueError(f"{self.name}: expected {', '.join(self.parameter_names)}")
        for name, value in zip(self.parameter_names, vector, strict=True):
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{self.name}: parameter {name!r} must be above 0, got {value}")
        return vector

    # ---------- likelihood

    def centre(self, cells):
        """Log-parameters with the observed share of purchases and a first shape of one each.

        Parameters
        ----------
        cells : OpportunityCells

        Returns
        -------
        ndarray, shape (4,)
        """
        bought = float(weighted_total(cells.weight, cells.frequency))
        offered = float(weighted_total(cells.weight, cells.opportunities))
        share = (bought + 0.5) / (offered + 1.0)
        length = max(offered / float(cells.weight.sum()), 1.0)
        return np.array([0.0, np.log((1.0 - share) / share), 0.0, np.log(length)])

    def cell_scores(self, params, cells):
        """Log-likelihood of one customer of each cell, and its slope in the log-parameters.

        Parameters
        ----------
        params : mapping or sequence
            alpha, beta, gamma, delta.
        cells : OpportunityCells
            n cells.

        Returns
        -------
        log_likelihood : ndarray, shape (n,)
        scores : ndarray, shape (n, 4)

        Notes
        -----
        Fader, Hardie & Shang (2010): a sum over the opportunity after which the customer
        was lost, in logarithms; the slopes are means under the terms' shares.
        """
        vector = self.parameter_vector(params)
        ends = _Ends(vector, cells.frequency, cells.recency, cells.opportunities)
        likelihood = ends.log_likelihood()
        share = np.exp(ends.terms - likelihood[:, None])
        scores = np.stack([(share * slope).sum(axis=1) for slope in ends.slopes()], axis=1)
        return likelihood, scores * vector

    def log_likelihood(self, params, cells):
        """Weighted total log-likelihood and its gradient in the log-parameters.

        Parameters
        ----------
        params : mapping or sequence
            alpha, beta, gamma, delta.
        cells : OpportunityCells

        Returns
        -------
        total : float
        gradient : ndarray, shape (4,)
        """
        likelihood, scores = self.cell_scores(params, cells)
        return (
            float(weighted_total(cells.weight, likelihood)),
            weighted_total(cells.weight, scores),
        )

    # ---------- predictions

    def probability_alive(self, params, frequency, recency, opportunities):
        """Probability that a customer is still there at the next opportunity.

        Parameters
        ----------
        params : mapping or sequence
            alpha, beta, gamma, delta.
        frequency, recency, opportunities : array_like, shape (n,)
            See `OpportunityCells`.

        Returns
        -------
        ndarray, shape (n,)
            Within [0, 1].

        Raises
        ------
        ValueError
            Names the first row whose history is impossible.

        Notes
        -----
        Fader, Hardie & Shang (2010): alive at n + 1, the step to the next opportunity included.
        """
        vector, x, t, n = self._history(params, frequency, recency, opportunities)
        survived = _alive_so_far(vector, x, t, n)
        gamma, delta = vector[2:]
        return survived * (delta + n) / (gamma + delta + n)

    def expected_purchases(self, params, frequency, recency, opportunities, horizon):
        """Return the purchases expected at the next `horizon` opportunities.

        Parameters
        ----------
        params : mapping or sequence
            alpha, beta, gamma, delta.
        frequency, recency, opportunities : array_like, shape (n,)
            See `OpportunityCells`.
        horizon : int
            Opportunities ahead, >= 0.

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, or a bad horizon.

        Notes
        -----
        Fader, Hardie & Shang (2010), as a sum over opportunities: their closed form has a removable
        pole at gamma = 1.
        """
        return self._expected(params, frequency, recency, opportunities, _whole(horizon), 0.0)

    def discounted_purchases(
        self, params, frequency, recency, opportunities, discount_rate, horizon=None
    ):
        """Present value of one unit at each purchase to come.

        Parameters
        ----------
        params : mapping or sequence
            alpha, beta, gamma, delta.
        frequency, recency, opportunities : array_like, shape (n,)
            See `OpportunityCells`.
        discount_rate : float
            Effective rate from one opportunity to the next, > 0 (>= 0 with a horizon).
        horizon : int, optional
            Count the next `horizon` opportunities; the whole residual lifetime (DERT) by default.

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, or a bad rate or horizon.

        Notes
        -----
        Fader, Hardie & Shang (2010). The next opportunity is one period away and is
        discounted once.
        """
        ahead = None if horizon is None else _whole(horizon)
        rate = float(discount_rate)
        if not (np.isfinite(rate) and rate >= 0 and (rate > 0 or ahead is not None)):
            raise ValueError(f"discount_rate must be above 0, got {discount_rate!r}")
        return self._expected(params, frequency, recency, opportunities, ahead, -np.log1p(rate))

    def probability_active(self, params, frequency, recency, opportunities, horizon):
        """Probability of at least one purchase at the next `horizon` opportunities.

        Parameters
        ----------
        params : mapping or sequence
            alpha, beta, gamma, delta.
        frequency, recency, opportunities : array_like, shape (n,)
            See `OpportunityCells`.
        horizon : int
            Opportunities ahead, >= 0.

        Returns
        -------
        ndarray, shape (n,)
            Within [0, 1].

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, or a bad horizon.

        Notes
        -----
        The sum over the opportunity of the first purchase to come.
        """
        vector, x, t, n = self._history(params, frequency, recency, opportunities)
        alpha, beta, gamma, delta = vector
        alive = _alive_so_far(vector, x, t, n)
        total, missed, there = np.zeros(len(x)), np.ones(len(x)), np.ones(len(x))
        for step in range(_whole(horizon)):
            bought = (alpha + x) / (alpha + beta + n + step)
            there = there * (delta + n + step) / (gamma + delta + n + step)
            total += missed * bought * there
            missed = missed * (1.0 - bought)
        return np.minimum(alive * total, 1.0)

    def expected_purchases_new_customer(self, params, opportunities):
        """Return the purchases expected of a customer of unknown history.

        Parameters
        ----------
        params : mapping or sequence
            alpha, beta, gamma, delta.
        opportunities : int
            Opportunities after the one that made them a customer, >= 0.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If the number of opportunities is negative or not whole.

        Notes
        -----
        The conditional expectation before anything has been seen.
        """
        return float(self.expected_purchases(params, 0, 0, 0, opportunities)[0])

    def probability_of_count(self, params, count, opportunities):
        """Probability that a new customer buys at exactly `count` of the next opportunities.

        Parameters
        ----------
        params : mapping or sequence
            alpha, beta, gamma, delta.
        count : int
            Purchases, 0 to `opportunities`; any more have probability 0.
        opportunities : int
            Opportunities after the one that made them a customer, >= 0.

        Returns
        -------
        float
            Within [0, 1].

        Raises
        ------
        ValueError
            If a number is negative or not whole.

        Notes
        -----
        Fader, Hardie & Shang (2010): the sum over all last opportunities of the chance to
        buy at `count` of those before it.
        """
        vector = self.parameter_vector(params)
        count, n = _whole(count, "count"), _whole(opportunities, "opportunities")
        if count > n:
            return 0.0
        lived = np.arange(count, n + 1)
        rising = _Rising(vector, n)
        ways = gammaln(lived + 1.0) - gammaln(count + 1.0) - gammaln(lived - count + 1.0)
        bought = rising.purchases(count, lived - count)
        left = np.where(lived < n, rising.lost_after(lived), rising.alive_after(lived))
        return float(min(np.exp(logsumexp(ways + bought + left)), 1.0))

    def _history(self, params, frequency, recency, opportunities):
        return self.parameter_vector(params), *_checked(frequency, recency, opportunities, NAMES)

    def _expected(self, params, frequency, recency, opportunities, horizon, log_discount):
        vector, x, t, n = self._history(params, frequency, recency, opportunities)
        alpha, beta, gamma, delta = vector
        bought = (alpha + x) / (alpha + beta + n)
        survived = _alive_so_far(vector, x, t, n)
        if horizon == 0:
            return np.zeros(len(x))
        return survived * bought * residual_sum(gamma, delta, 1.0, n, log_discount, horizon)


@dataclass(frozen=True)
class OpportunityFit:
    """Estimates of the BG/BB model.

    Attributes
    ----------
    model : BGBB
        What was fitted.
    method : str
        ``'map'`` or ``'mle'``.
    params : dict of str to float
        Natural parameters.
    standard_error, lower_95, upper_95 : dict of str to float
        Robust; the interval is symmetric on the log scale. NaN where the curvature is not positive,
        or all rows are alike, so that their scores have no spread to tell an error from.
    covariance : ndarray, shape (4, 4)
        Of the log-parameters.
    log_likelihood : float
        Total, without the prior.
    converged : bool
    iterations : int
        Likelihood evaluations.
    condition_number : float
        Of the Hessian of the mean log-likelihood in log-parameters.
    boundary : str or None
        Which parameters the data do not pin down; None where all is well.
    """

    model: BGBB
    method: str
    params: dict[str, float]
    standard_error: dict[str, float]
    lower_95: dict[str, float]
    upper_95: dict[str, float]
    covariance: np.ndarray
    log_likelihood: float
    converged: bool
    iterations: int
    condition_number: float
    boundary: str | None


class _Problem:
    """The model on its cells, seen through log-parameters and a mean per customer."""

    def __init__(self, model, cells):
        self.model, self.cells, self.weight = model, cells, cells.weight

    def mean_log_likelihood(self, theta):
        total, gradient = self.model.log_likelihood(np.exp(theta), self.cells)
        customers = self.weight.sum()
        return total / customers, gradient / customers

    def scores(self, theta):
        return self.model.cell_scores(np.exp(theta), self.cells)[1]

    def sample(self, rows):
        return _Problem(self.model, self.cells.sample(rows))


def fit_bg_bb(frequency, recency, opportunities, weight=None, method="map"):
    """Fit the BG/BB model to customers or to weighted cells.

    Parameters
    ----------
    frequency, recency, opportunities : array_like, shape (n,)
        See `OpportunityCells`.
    weight : array_like, shape (n,), optional
        Customers per row, > 0; 1 each by default.
    method : {'map', 'mle'}
        Maximum a posteriori under weak priors, or plain maximum likelihood.

    Returns
    -------
    OpportunityFit

    Raises
    ------
    ValueError
        If a row is impossible, nobody bought again, or the method is unknown.
    """
    model = BGBB()
    cells = opportunity_cells(frequency, recency, opportunities, weight)
    if not weighted_total(cells.weight, cells.frequency) > 0:
        raise ValueError("no customer bought again")
    centre = model.centre(cells)
    optimum = optimise(_Problem(model, cells), centre, method)
    natural = np.exp(optimum.theta)
    variance = np.diag(optimum.covariance)
    error = np.sqrt(np.where(variance > 0, variance, np.nan))
    reach = np.exp(np.minimum(1.959963984540054 * error, 300.0))

    note, _ = boundary_note(optimum, model.parameter_names, np.exp(optimum.theta - centre))

    def named(values):
        return dict(zip(model.parameter_names, map(float, values), strict=True))

    return OpportunityFit(
        model=model,
        method=method,
        params=named(natural),
        standard_error=named(natural * error),
        lower_95=named(natural / reach),
        upper_95=named(natural * reach),
        covariance=optimum.covariance,
        log_likelihood=optimum.log_likelihood,
        converged=optimum.converged,
        iterations=optimum.iterations,
        condition_number=optimum.condition_number,
        boundary=note,
    )


class _Rising:
    """Rising products of the four shapes, added up term by term, and their slopes."""

    def __init__(self, params, longest):
        steps = np.arange(int(longest) + 2, dtype=float)
        alpha, beta, gamma, delta = params
        bases = (alpha, beta, alpha + beta, delta, gamma + delta)
        self.gamma = gamma
        self.log, self.slope = [], []
        for base in bases:
            self.log.append(np.concatenate([[0.0], np.cumsum(np.log(base + steps))]))
            self.slope.append(np.concatenate([[0.0], np.cumsum(1.0 / (base + steps))]))

    def purchases(self, bought, passed):
        """Return ln B(alpha + bought, beta + passed) / B(alpha, beta)."""
        return self.log[0][bought] + self.log[1][passed] - self.log[2][bought + passed]

    def alive_after(self, n):
        """Return ln B(gamma, delta + n) / B(gamma, delta)."""
        return self.log[3][n] - self.log[4][n]

    def lost_after(self, n):
        """Return ln B(gamma + 1, delta + n) / B(gamma, delta)."""
        return np.log(self.gamma) + self.log[3][n] - self.log[4][n + 1]


class _Ends:
    """The terms of the likelihood: alive after all n opportunities, or lost after t_x + i."""

    def __init__(self, params, x, recency, n):
        self.params = params
        x, recency, n = (values.astype(np.int64) for values in (x, recency, n))
        silent = n - recency
        ends = np.arange(silent.max(initial=0) + 1)
        # column 0 is the customer who is still there, the others were lost after t_x + i
        self.lived = np.column_stack([n, recency[:, None] + np.minimum(ends, silent[:, None])])
        self.missing = np.column_stack([np.zeros(len(n), bool), ends >= silent[:, None]])
        self.bought = np.broadcast_to(x[:, None], self.lived.shape)
        self.alive = np.zeros(self.lived.shape, bool)
        self.alive[:, 0] = True
        self.rising = _Rising(params, n.max(initial=0))
        left = np.where(
            self.alive, self.rising.alive_after(self.lived), self.rising.lost_after(self.lived)
        )
        terms = self.rising.purchases(self.bought, self.lived - self.bought) + left
        self.terms = np.where(self.missing, -np.inf, terms)

    def log_likelihood(self):
        """Return the logarithm of the sum of the terms, shape (n,)."""
        return logsumexp(self.terms, axis=1)

    def slopes(self):
        """Return the slopes of every term in alpha, beta, gamma and delta."""
        alpha, beta, both, delta, dropout = self.rising.slope
        passed = self.lived - self.bought
        ended = self.lived + ~self.alive
        return (
            alpha[self.bought] - both[self.lived],
            beta[passed] - both[self.lived],
            np.where(self.alive, 0.0, 1.0 / self.params[2]) - dropout[ended],
            delta[self.lived] - dropout[ended],
        )


def _alive_so_far(params, x, recency, n):
    """Probability of having been there at the last opportunity; within [0, 1]."""
    ends = _Ends(params, x, recency, n)
    return np.exp(np.minimum(ends.terms[:, 0] - ends.log_likelihood(), 0.0))


def _checked(frequency, recency, opportunities, names):
    arrays = [
        _numbers(values, name)
        for values, name in zip((frequency, recency, opportunities), names, strict=False)
    ]
    x, t, n = _same_length(arrays, names[:3])
    x_name, t_name, n_name = names[:3]
    for values, name in ((x, x_name), (t, t_name), (n, n_name)):
        _refuse(~np.isfinite(values), name, values, "is not a finite number")
        _refuse(values < 0, name, values, "is negative")
        _refuse(values != np.floor(values), name, values, "is not a whole number")
    _refuse(t > n, t_name, t, f"exceeds {n_name}")
    _refuse(x > t, x_name, x, f"exceeds {t_name}")
    _refuse((x == 0) & (t > 0), t_name, t, f"must be 0 where {x_name} is 0")
    return x, t, n


def _whole(value, name="horizon"):
    number = isinstance(value, Real) and np.isfinite(value)
    if not (number and value >= 0 and value == int(value)):
        raise ValueError(f"{name} must be a whole number of at least 0, got {value!r}")
    return int(value)
