"""BG/NBD: gamma-mixed Poisson buying, beta-mixed dropout after each repeat purchase.

Source: Fader, Hardie & Lee (2005), "Counting your customers the easy way: an alternative to the
Pareto/NBD model", Marketing Science 24(2). Parameters r, alpha (time units) of the purchase rate,
a, b of the dropout probability.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import betainc, betaln, gammaln, hyp2f1, xlog1py, xlogy

from cltv.cells import weighted_total
from cltv.purchase.interface import PurchaseModel

# where Euler's form of the expectation loses digits or overflows, quadrature takes over
_NEAR = 1e-3
_LARGE_SHAPE = 50.0
_FAR_AHEAD = 0.9
_NODES = 100


class BGNBD(PurchaseModel):
    """The BG/NBD model; parameters r, alpha, a, b."""

    name = "bg_nbd"
    parameter_names = ("r", "alpha", "a", "b")
    time_parameters = ("alpha",)

    # ---------- likelihood

    def centre(self, cells):
        """Shapes of one, and the alpha that then gives the average purchase rate.

        Parameters
        ----------
        cells : PurchaseCells
            Cells with times divided by their mean age.

        Returns
        -------
        ndarray, shape (4,)
        """
        rate = weighted_total(cells.weight, cells.frequency) / weighted_total(
            cells.weight, cells.age
        )
        return np.array([0.0, -np.log(rate), 0.0, 0.0])

    def cell_scores(self, params, cells):
        """Log-likelihood of one customer of each cell, and its slope in the log-parameters.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        cells : PurchaseCells
            n cells in the time unit of alpha.

        Returns
        -------
        log_likelihood : ndarray, shape (n,)
        scores : ndarray, shape (n, 4)

        Notes
        -----
        Fader, Hardie & Lee (2005), eq. 6, with the two ends of a history as log-odds, so that
        nothing overflows; gradient in closed form.
        """
        r, alpha, a, b = self.parameter_vector(params)
        values, slopes = _by_frequency(r, a, b, cells.frequency_values)
        values, slopes = values[cells.frequency_index], slopes[:, cells.frequency_index]
        x = cells.frequency
        alive_log, dead, gap = _ends(r, alpha, a, b, x, cells.recency, cells.age)
        spread = np.log((alpha + cells.age) / alpha)
        level = spread + np.log(alpha)
        likelihood = values - r * spread - x * level + alive_log
        inverse = 1.0 / (alpha + cells.age)
        # d gap / d alpha, written without the difference of two near-equal fractions
        gap_slope = -(cells.age - cells.recency) * inverse / (alpha + cells.recency)
        scores = np.column_stack(
            [
                r * (slopes[0] - spread + dead * gap),
                alpha
                * (r * cells.age / alpha * inverse - x * inverse + dead * (r + x) * gap_slope),
                a * slopes[1] + dead,
                b * (slopes[2] - dead / (b + np.maximum(x, 1.0) - 1.0)),
            ]
        )
        return likelihood, scores

    def log_likelihood(self, params, cells):
        """Weighted total log-likelihood and its gradient in the log-parameters.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        cells : PurchaseCells
            Cells in the time unit of alpha.

        Returns
        -------
        total : float
        gradient : ndarray, shape (4,)

        Notes
        -----
        The same numbers as from `cell_scores`, added up without the (n, 4) array: everything
        that depends on the frequency alone is summed over distinct frequencies.
        """
        r, alpha, a, b = self.parameter_vector(params)
        values, slopes = _by_frequency(r, a, b, cells.frequency_values)
        w, x = cells.weight, cells.frequency
        alive_log, dead, gap = _ends(r, alpha, a, b, x, cells.recency, cells.age)
        since = alpha + cells.age
        spread = np.log(since / alpha)
        level = spread + np.log(alpha)
        counted = cells.frequency_weight
        total = weighted_total(counted, values)
        total += weighted_total(w, alive_log - r * spread - x * level)

        by_count = weighted_total(counted, slopes.T)
        lost_by_frequency = np.bincount(
            cells.frequency_index, weights=w * dead, minlength=len(cells.frequency_values)
        )
        before = b + np.maximum(cells.frequency_values, 1) - 1.0
        gap_slope = (r + x) * (cells.age - cells.recency) / (alpha + cells.recency)
        gradient = np.array(
            [
                r * (by_count[0] + weighted_total(w, dead * gap - spread)),
                weighted_total(w, (r * cells.age - alpha * x - alpha * dead * gap_slope) / since),
                a * by_count[1] + lost_by_frequency.sum(),
                b * (by_count[2] - (lost_by_frequency / before).sum()),
            ]
        )
        return float(total), gradient

    # ---------- predictions

    def probability_alive(self, params, frequency, recency, age):
        """Probability that a customer has not dropped out yet; 1 for every one-time buyer.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        frequency, recency, age : array_like, shape (n,)
            Purchase days after the first, age at the last purchase, age.

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
        The model lets customers leave only after a repeat purchase, so that this is no score for
        "buys again": use `probability_active`.
        """
        r, alpha, a, b = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        return 1.0 - _ends(r, alpha, a, b, x, recency, age)[1]

    def probability_active(self, params, frequency, recency, age, horizon):
        """Probability of at least one purchase in the next `horizon` time units.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        frequency, recency, age : array_like, shape (n,)
            Purchase days after the first, age at the last purchase, age.
        horizon : float or array_like, shape (m,)
            Time units ahead, >= 0.

        Returns
        -------
        ndarray, shape (n,) or (n, m)
            Within [0, 1], 0 at horizon 0.

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, or a bad horizon.
        """
        r, alpha, a, b = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        ahead, scalar = self._horizon(horizon)
        alive = 1.0 - _ends(r, alpha, a, b, x, recency, age)[1]
        exponent = (r + x)[:, None] * np.log1p(ahead / (alpha + age)[:, None])
        result = alive[:, None] * -np.expm1(-exponent)
        return result[:, 0] if scalar else result

    def expected_purchases(self, params, frequency, recency, age, horizon):
        """Return the purchases expected in the next `horizon` time units, given the history.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        frequency, recency, age : array_like, shape (n,)
            Purchase days after the first, age at the last purchase, age.
        horizon : float or array_like, shape (m,)
            Time units ahead, >= 0.

        Returns
        -------
        ndarray, shape (n,) or (n, m)
            Finite and >= 0, 0 at horizon 0.

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, or a bad horizon.

        Notes
        -----
        Fader, Hardie & Lee (2005), eq. 10, after Euler's transformation of the hypergeometric
        function, whose first two parameters then no longer grow with the frequency; where that
        form is not safe, quadrature over the dropout probability. All but P(alive) depends on
        (frequency, age) only and is computed once per distinct pair.
        """
        r, alpha, a, b = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        ahead, scalar = self._horizon(horizon)
        alive = 1.0 - _ends(r, alpha, a, b, x, recency, age)[1]
        pairs, index = _distinct_pairs(x, age)
        if_alive = _expected_if_alive(r, alpha, a, b, *pairs, ahead)
        result = alive[:, None] * if_alive[index]
        return result[:, 0] if scalar else result

    def discounted_purchases(self, params, frequency, recency, age, discount_rate, horizon=None):
        """Not there yet."""
        raise NotImplementedError

    def draw_purchases(self, params, frequency, recency, age, horizon, uniforms):
        """Not there yet."""
        raise NotImplementedError

    def expected_purchases_new_customer(self, params, t):
        """Return the expected repeat purchases of a customer of unknown history by age `t`.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        t : float or array_like, shape (m,)
            Ages, >= 0.

        Returns
        -------
        float or ndarray, shape (m,)

        Raises
        ------
        ValueError
            If an age is negative or not finite.

        Notes
        -----
        Fader, Hardie & Lee (2005), eq. 9: the conditional expectation at frequency 0 and age 0.
        """
        r, alpha, a, b = self.parameter_vector(params)
        ahead, scalar = self._horizon(t, "t")
        result = _expected_if_alive(r, alpha, a, b, np.zeros(1), np.zeros(1), ahead)[0]
        return float(result[0]) if scalar else result

    def probability_of_count(self, params, count, t):
        """Probability that a new customer makes exactly `count` repeat purchases by age `t`.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        count : array_like of int
            Repeat purchases, >= 0.
        t : array_like
            Ages, >= 0; broadcast against `count`.

        Returns
        -------
        float or ndarray
            Within [0, 1].

        Raises
        ------
        ValueError
            If a count is negative or not whole, or an age is negative or not finite.

        Notes
        -----
        Fader, Hardie & Lee (2005), eq. 8; the sum over smaller counts is a negative binomial
        tail, taken as an incomplete beta function.
        """
        r, alpha, a, b = self.parameter_vector(params)
        x, t = np.broadcast_arrays(np.asarray(count, float), np.asarray(t, float))
        if not np.isfinite(x).all() or (x < 0).any() or (x != np.floor(x)).any():
            raise ValueError("count must be whole numbers of at least 0")
        if not np.isfinite(t).all() or (t < 0).any():
            raise ValueError("t must be finite and at least 0")
        share = t / (alpha + t)
        still_alive = np.exp(
            betaln(a, b + x)
            - betaln(a, b)
            + gammaln(r + x)
            - gammaln(r)
            - gammaln(x + 1)
            + xlog1py(r, -share)
            + xlogy(x, share)
        )
        positive = np.maximum(x, 1.0)
        left = np.exp(betaln(a + 1, b + positive - 1) - betaln(a, b)) * betainc(positive, r, share)
        result = np.clip(still_alive + np.where(x > 0, left, 0.0), 0.0, 1.0)
        return float(result) if result.ndim == 0 else result


def _by_frequency(r, a, b, values):
    """Gamma-function terms at the distinct frequencies and their slopes in r, a, b.

    Rising products are added up term by term: unlike differences of log-gammas they lose no
    digits where a parameter is large.
    """
    steps = np.arange(values[-1] if len(values) else 0, dtype=float)

    def rising(z):
        log_product = np.concatenate([[0.0], np.cumsum(np.log(z + steps))])
        slope = np.concatenate([[0.0], np.cumsum(1.0 / (z + steps))])
        return log_product[values], slope[values]

    r_log, r_slope = rising(r)
    b_log, b_slope = rising(b)
    both_log, both_slope = rising(a + b)
    return r_log + b_log - both_log, np.array([r_slope, -both_slope, b_slope - both_slope])


def _ends(r, alpha, a, b, x, recency, age):
    """How a history ended: log-sum of both ends over 'alive', P(dropped out), log time ratio."""
    gap = np.log((alpha + age) / (alpha + recency))
    odds = np.log(a / (b + np.maximum(x, 1.0) - 1.0)) + (r + x) * gap
    # without a repeat purchase there was no chance to drop out
    odds = np.where(x > 0, odds, -np.inf)
    # one exponential serves both log(1 + e^odds) and the probability, and cannot overflow
    small = np.exp(-np.abs(odds))
    alive_log = np.maximum(odds, 0.0) + np.log(1.0 + small)
    dead = np.where(odds > 0, 1.0, small) / (1.0 + small)
    return alive_log, dead, gap


def _distinct_pairs(x, age):
    values, position = np.unique(age, return_inverse=True)
    keys, index = np.unique(x.astype(np.int64) * len(values) + position, return_inverse=True)
    count = max(len(values), 1)
    return ((keys // count).astype(float), values[keys % count]), index


def _expected_if_alive(r, alpha, a, b, x, age, ahead):
    """Return the purchases expected of customers known to be alive, shape (n, m).

    x and age have shape (n,), ahead (m,).
    """
    rate = (alpha + age)[:, None]
    z = ahead / (rate + ahead)
    x = np.broadcast_to(x[:, None], z.shape)
    # removable poles at a = 1 and, for one-time buyers, at a + b = 1; scipy's hypergeometric
    # function overflows for large parameters, the sooner the closer z is to 1
    regular = (abs(a - 1.0) > _NEAR) & ((x > 0) | (abs(a + b - 1.0) > _NEAR))
    regular &= max(r, a, b) < _LARGE_SHAPE
    regular &= (z < _FAR_AHEAD) | (x < _LARGE_SHAPE)
    expected = np.empty(z.shape)
    expected[regular] = _by_euler(r, a, b, x[regular], z[regular])
    rest = ~regular
    if rest.any():
        expected[rest] = _by_quadrature(r, a, b, x[rest], (ahead / rate)[rest])
    # no customer buys more than one who can never leave
    return np.clip(expected, 0.0, (r + x) * (ahead / rate))


def _by_euler(r, a, b, x, z):
    top = a + b + x - 1.0
    tail = np.exp((a - 1.0) * np.log1p(-z)) * hyp2f1(a + b - 1.0 - r, a - 1.0, top, z)
    return top / (a - 1.0) * (1.0 - tail)


def _by_quadrature(r, a, b, x, stretch):
    """Return the same expectation by Gauss-Jacobi quadrature over p ~ beta(a, b + x).

    `stretch` is horizon / (alpha + age). The rate is integrated in closed form, so that the
    integrand is positive and smooth and no digits cancel.
    """
    expected = np.empty(len(x))
    for value in np.unique(x):
        members = np.flatnonzero(x == value)
        nodes, weights = _beta_nodes(a, b + value)
        total = np.zeros(len(members))
        for p, weight in zip(nodes, weights, strict=True):
            total += weight * -np.expm1(-(r + value) * np.log1p(p * stretch[members])) / p
        expected[members] = total
    return expected


def _beta_nodes(a, c):
    """Nodes and weights of Gaussian quadrature over beta(a, c), by Golub & Welsch (1969)."""
    n = np.arange(1.0, _NODES)
    s = a + c - 2.0
    middle = (2 * n * (n + s + 1) + s * a) / ((2 * n + s) * (2 * n + s + 2))
    side = n * (n + c - 1) * (n + a - 1) / ((2 * n + s) ** 2 * (2 * n + s + 1))
    # the factor (n + s) / (2 n + s - 1) is 1 at n = 1, where both may vanish
    side[1:] *= (n[1:] + s) / (2 * n[1:] + s - 1)
    nodes, vectors = eigh_tridiagonal(np.concatenate([[a / (a + c)], middle]), np.sqrt(side))
    return np.maximum(nodes, 1e-200), vectors[0] ** 2
