"""Pareto/NBD: gamma-mixed Poisson buying, gamma-mixed exponential lifetimes.

Source: Schmittlein, Morrison & Colombo (1987), "Counting your customers: who are they and what
will they do next?", Management Science 33(1); discounted purchases: Fader, Hardie & Lee (2005),
"RFM and CLV", Journal of Marketing Research 42(4). Parameters r, alpha (time units) of the
purchase rate, s, beta (time units) of the dropout rate.
"""

from __future__ import annotations

import numpy as np
from scipy.special import exprel, gammaincinv, gammaln, xlogy

from cltv.cells import frequency_times, weighted_total
from cltv.purchase.counts import poisson_quantile
from cltv.purchase.interface import PurchaseModel
from cltv.purchase.pareto_tail import purchase_ahead, tail
from cltv.purchase.quadrature import legendre

_FOLDS = 40.0
_NODES = 96
_PANEL_NODES = 32
_MOST_PANELS = 128


class ParetoNBD(PurchaseModel):
    """The Pareto/NBD model; parameters r, alpha, s, beta."""

    name = "pareto_nbd"
    parameter_names = ("r", "alpha", "s", "beta")
    time_parameters = ("alpha", "beta")

    # ---------- likelihood

    def centre(self, cells):
        """Shapes of one, the alpha of the average purchase rate, a lifetime of the mean age.

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
            r, alpha, s, beta.
        cells : PurchaseCells
            n cells in the time unit of alpha and beta.

        Returns
        -------
        log_likelihood : ndarray, shape (n,)
        scores : ndarray, shape (n, 4)
        """
        r, alpha, s, beta = params = self.parameter_vector(params)
        pairs, first, last = cells.frequency_times
        at = _Pairs(params, pairs)
        survived, silent = _silence(s, at.level, at.tail, first, last)
        rising, rising_slope = _rising(r, cells.frequency_values)
        likelihood = rising[cells.frequency_index] + at.seen[first] + np.log(silent)
        left = survived * at.unspent[last] / silent
        gone, still = 1.0 / silent, survived / silent
        scores = np.column_stack(
            [
                r * (rising_slope[cells.frequency_index] - np.log1p(cells.recency / alpha))
                + r * (still * at.alpha_log[last] - gone * at.alpha_log[first])
                - r * left * (at.log_alpha[last] - at.log_alpha[first]),
                alpha
                * (
                    at.alpha_seen[first]
                    + (gone * at.alpha_share[first] + left * at.alpha_pace[first])
                    - (still * at.alpha_share[last] + left * at.alpha_pace[last])
                ),
                -s * np.log1p(cells.recency / beta)
                + s * (gone * at.tail[first] - still * at.tail[last])
                + s * (still * at.beta_log[last] - gone * at.beta_log[first])
                - s * left * (at.log_beta[last] - at.log_beta[first]),
                beta
                * (
                    at.beta_seen[first]
                    + (gone * at.beta_share[first] + left * at.beta_pace[first])
                    - (still * at.beta_share[last] + left * at.beta_pace[last])
                ),
            ]
        )
        return likelihood, scores

    def log_likelihood(self, params, cells):
        """Weighted total log-likelihood and its gradient in the log-parameters.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, s, beta.
        cells : PurchaseCells
            Cells in the time unit of alpha and beta.

        Returns
        -------
        total : float
        gradient : ndarray, shape (4,)

        Notes
        -----
        The same numbers as from `cell_scores`. Every term of the gradient is a product of
        something that belongs to the cell and something that belongs to (frequency, recency) or
        (frequency, age), so that the former is added up by pair before anything is multiplied.
        """
        r, alpha, s, beta = params = self.parameter_vector(params)
        pairs, first, last = cells.frequency_times
        at = _Pairs(params, pairs)
        survived, silent = _silence(s, at.level, at.tail, first, last)
        rising, rising_slope = _rising(r, cells.frequency_values)

        def by_pair(index, values):
            return np.bincount(index, weights=values, minlength=len(pairs.frequency))

        gone_weight = cells.weight / silent
        still_weight = gone_weight * survived
        customers = by_pair(first, cells.weight)
        gone, still = by_pair(first, gone_weight), by_pair(last, still_weight)
        left_first = by_pair(first, still_weight * at.unspent[last])
        left_last = still * at.unspent
        left = left_last - left_first
        total = weighted_total(cells.frequency_weight, rising)
        total += weighted_total(customers, at.seen)
        total += weighted_total(cells.weight, np.log(silent))
        gradient = np.array(
            [
                weighted_total(cells.frequency_weight, rising_slope)
                - weighted_total(customers, np.log1p(pairs.time / alpha))
                + (still * at.alpha_log - gone * at.alpha_log - left * at.log_alpha).sum(),
                (customers * at.alpha_seen).sum()
                + ((gone - still) * at.alpha_share - left * at.alpha_pace).sum(),
                (gone * at.tail - still * at.tail).sum()
                - weighted_total(customers, np.log1p(pairs.time / beta))
                + (still * at.beta_log - gone * at.beta_log - left * at.log_beta).sum(),
                (customers * at.beta_seen).sum()
                + ((gone - still) * at.beta_share - left * at.beta_pace).sum(),
            ]
        )
        return float(total), gradient * params

    # ---------- predictions

    def probability_alive(self, params, frequency, recency, age):
        """Probability that a customer has not dropped out yet.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, s, beta.
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
        The chance to survive the silence in the chance of the silence, dropout included: a ratio
        of a part to a whole, without a hypergeometric function (see `cltv.purchase.pareto_tail`).
        """
        params = self.parameter_vector(params)
        survived, silent = _silence_of(params, *self._history(frequency, recency, age))
        return survived / silent

    def probability_active(self, params, frequency, recency, age, horizon):
        """Probability of at least one purchase in the next `horizon` time units.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, s, beta.
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

        Notes
        -----
        Exact: P(alive) times the chance that a purchase comes before dropout and within
        `horizon`, which depends on (frequency, age) only (see `cltv.purchase.pareto_tail`).
        """
        params = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        ahead, scalar = self._horizon(horizon)
        survived, silent = _silence_of(params, x, recency, age)
        pairs, index = frequency_times(x, age)
        buys = (params[0] + pairs.frequency) * purchase_ahead(params, pairs, ahead)
        buys = np.clip(buys, 0.0, 1.0)
        result = (survived / silent)[:, None] * buys.T[index]
        return result[:, 0] if scalar else result

    def expected_purchases(self, params, frequency, recency, age, horizon):
        """Return the purchases expected in the next `horizon` time units, given the history.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, s, beta.
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
        Schmittlein, Morrison & Colombo (1987), eq. 22, with (e^y - 1) / y in place of the
        division by s - 1, so that s = 1 is no special case.
        """
        r, alpha, s, beta = params = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        ahead, scalar = self._horizon(horizon)
        survived, silent = _silence_of(params, x, recency, age)
        ages, index = np.unique(age, return_inverse=True)
        time_alive = _time_alive(s, beta, ages, ahead)[index]
        result = (survived / silent * (r + x) / (alpha + age))[:, None] * time_alive
        return result[:, 0] if scalar else result

    def discounted_purchases(self, params, frequency, recency, age, discount_rate, horizon=None):
        """Present value of one unit of money for every expected future purchase.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, s, beta.
        frequency, recency, age : array_like, shape (n,)
            Purchase days after the first, age at the last purchase, age.
        discount_rate : float
            Continuous rate per time unit; above 0 for the whole lifetime.
        horizon : float or array_like, shape (m,), optional
            Time units ahead, >= 0; the whole residual lifetime by default.

        Returns
        -------
        ndarray, shape (n,) or (n, m)
            Finite and >= 0; discounted expected residual transactions (DERT) without a horizon.

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, a bad rate or a bad horizon.

        Notes
        -----
        Fader, Hardie & Lee (2005), "RFM and CLV", eq. 5 for the whole lifetime. All but P(alive)
        and the rate is the discounted time that a customer of this age is still to stay, taken
        by quadrature in log time for finite and infinite horizons alike.
        """
        r, alpha, s, beta = params = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        rate, ahead, scalar = self._discounting(discount_rate, horizon)
        survived, silent = _silence_of(params, x, recency, age)
        ages, index = np.unique(age, return_inverse=True)
        if rate == 0:
            time_alive = _time_alive(s, beta, ages, ahead)
        else:
            time_alive = _discounted_time_alive(s, beta, ages, rate, ahead)
        result = (survived / silent * (r + x) / (alpha + age))[:, None] * time_alive[index]
        return result[:, 0] if scalar else result

    def draw_purchases(self, params, frequency, recency, age, horizon, uniforms):
        """Draw the number of purchases in the next `horizon` time units, given the history.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, s, beta.
        frequency, recency, age : array_like, shape (n,)
            Purchase days after the first, age at the last purchase, age.
        horizon : float
            Time units ahead, >= 0.
        uniforms : array_like, shape (d, 5)
            Between 0 and 1, shared by all rows: who is alive, the purchase rate, the residual
            lifetime, the number of purchases; the last column is not used.

        Returns
        -------
        ndarray of int32, shape (n, d)

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, a bad horizon or bad uniforms.

        Notes
        -----
        Given that a customer is alive, purchase rate and dropout rate are independent gammas of
        shapes r + x and s; the residual lifetime is then of Pareto's second kind. Every draw is
        an inverse distribution function: a higher rate means more purchases in the same draw.
        """
        r, alpha, s, beta = params = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        ahead, uniforms = self._drawing(horizon, uniforms)
        survived, silent = _silence_of(params, x, recency, age)
        alive = survived / silent
        counts, count_index = np.unique(x, return_inverse=True)
        rates = gammaincinv((r + counts)[:, None], uniforms[:, 1])
        ages, age_index = np.unique(age, return_inverse=True)
        # the shorter of lifetime and horizon on the log scale, where nothing overflows
        since = (beta + ages)[:, None]
        folds = np.minimum(-np.log(uniforms[:, 2]) / s, np.log1p(ahead / since))
        times = since * np.expm1(folds)
        times /= (alpha + ages)[:, None]
        draws = np.empty((len(x), len(uniforms)), dtype=np.int32)
        for column, (is_alive, _, _, count, _) in enumerate(uniforms):
            mean = rates[count_index, column] * times[age_index, column]
            mean *= is_alive < alive
            draws[:, column] = np.minimum(poisson_quantile(mean, count), 2**31 - 1)
        return draws

    def expected_purchases_new_customer(self, params, t):
        """Return the expected repeat purchases of a customer of unknown history by age `t`.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, s, beta.
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
        Schmittlein, Morrison & Colombo (1987), eq. 17.
        """
        r, alpha, s, beta = self.parameter_vector(params)
        ahead, scalar = self._horizon(t, "t")
        result = r / alpha * _time_alive(s, beta, np.zeros(1), ahead)[0]
        return float(result[0]) if scalar else result

    def probability_of_count(self, params, count, t):
        """Probability that a new customer makes exactly `count` repeat purchases by age `t`.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, s, beta.
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
        A negative binomial up to the end of the lifetime or `t`, whichever is first, integrated
        over the lifetime by Gauss-Legendre quadrature in log time. In closed form: Fader & Hardie
        (2006), "Deriving an expression for P(X(t) = x) under the Pareto/NBD model".
        """
        params = self.parameter_vector(params)
        x, t = np.broadcast_arrays(np.asarray(count, float), np.asarray(t, float))
        if not np.isfinite(x).all() or (x < 0).any() or (x != np.floor(x)).any():
            raise ValueError("count must be whole numbers of at least 0")
        if not np.isfinite(t).all() or (t < 0).any():
            raise ValueError("t must be finite and at least 0")
        result = np.clip(_count_probability(params, x, t), 0.0, 1.0)
        return float(result) if result.ndim == 0 else result


class _Pairs:
    """Everything of the likelihood that depends on (frequency, time) only, one entry per pair.

    `tail` and the `*_log` are integrals over later dropout times, times s except for `tail`;
    `*_share` and `*_pace` are the slopes in alpha and beta of dropout and of survival; `seen` is
    the log-likelihood of the purchases up to this time, `*_seen` its slopes.
    """

    def __init__(self, params, pairs):
        r, alpha, s, beta = params
        x, t = pairs.frequency, pairs.time
        self.tail, alpha_log, beta_log, alpha_late, beta_late = tail(params, pairs, moments=True)
        self.log_alpha, self.log_beta = np.log(alpha + t), np.log(beta + t)
        self.level = (r + x) * self.log_alpha + s * self.log_beta
        # chance to survive minus the dropouts that would follow later
        self.unspent = 1.0 - s * self.tail
        self.alpha_log, self.beta_log = s * alpha_log, s * beta_log
        self.alpha_pace, self.beta_pace = (r + x) / (alpha + t), s / (beta + t)
        self.alpha_share = self.alpha_pace * s * alpha_late
        self.beta_share = self.beta_pace * ((s + 1.0) * beta_late - self.tail)
        self.seen = -r * np.log1p(t / alpha) - s * np.log1p(t / beta) - x * self.log_alpha
        self.alpha_seen = (r * t / alpha - x) / (alpha + t)
        self.beta_seen = self.beta_pace * t / beta


def _silence(s, level, tails, first, last):
    """Chance to survive a silence, and chance of the silence whether survived or not.

    `first` and `last` say where the silence starts and ends among the pairs.
    """
    survived = np.exp(np.minimum(level[first] - level[last], 0.0))
    # never below zero: where both ends meet, rounding is all that is left of the difference
    lost = np.maximum(tails[first] - survived * tails[last], 0.0)
    return survived, survived + s * lost


def _silence_of(params, x, start, stop):
    r, alpha, s, beta = params
    pairs, first, last = frequency_times(x, start, stop)
    level = (r + pairs.frequency) * np.log(alpha + pairs.time) + s * np.log(beta + pairs.time)
    return _silence(s, level, tail(params, pairs), first, last)


def _rising(z, values):
    """Log of z (z + 1) ... (z + n - 1) for every n in `values`, and its slope in z.

    Added up term by term: unlike differences of log-gammas this loses no digits where z is large.
    """
    steps = z + np.arange(values[-1] if len(values) else 0)
    log_product = np.concatenate([[0.0], np.cumsum(np.log(steps))])
    slope = np.concatenate([[0.0], np.cumsum(1.0 / steps)])
    return log_product[values], slope[values]


def _time_alive(s, beta, age, ahead):
    """Return the time within `ahead` that customers alive at `age` stay, shape (u, m)."""
    since = (beta + age)[:, None]
    log_time = np.log1p(ahead / since)
    return np.minimum(since * log_time * exprel((1.0 - s) * log_time), ahead)


def _discounted_time_alive(s, beta, age, rate, ahead):
    """Return the same with every moment u ahead counted exp(-rate u); `ahead` may be infinite."""
    since = (beta + age)[:, None]
    z = rate * since
    # log time after which nothing is left: by discounting, by dropout, or by the horizon
    most = _FOLDS + max(1.0 - s, 0.0) * np.log1p(2.0 * _FOLDS / z)
    reach = np.minimum(np.log1p(most / z), np.log1p(ahead / since))
    if s > 1.0:
        reach = np.minimum(reach, _FOLDS / (z + s - 1.0))
    node, weight = legendre(_NODES)
    total = np.zeros(reach.shape)
    for position, share in zip(node, weight, strict=True):
        v = position * reach
        total += share * np.exp(-z * np.expm1(v) - (s - 1.0) * v)
    return np.minimum(since * reach * total, ahead)


def _count_probability(params, x, t):
    r, alpha, s, beta = params
    ways = gammaln(r + x) - gammaln(r) - gammaln(x + 1.0)

    def counted(time):
        share = time / (alpha + time)
        return ways - r * np.log1p(time / alpha) + xlogy(x, share) - s * np.log1p(time / beta)

    near = min(alpha, beta)
    reach = np.log1p(t / near)
    # a count is likely for a narrow range of lifetimes only where r and the count are large
    sharp = 1.0 + s + np.sqrt(min(r, float(x.max(initial=0.0))))
    panels = int(np.clip(np.ceil(reach.max(initial=0.0) * sharp / 8.0), 1, _MOST_PANELS))
    node, weight = legendre(_PANEL_NODES)
    total = np.exp(counted(t))
    for panel in range(panels):
        for position, share in zip(node, weight, strict=True):
            time = near * np.expm1(reach * ((panel + position) / panels))
            density = s * (near + time) / (beta + time) * np.exp(counted(time))
            total += (share / panels) * reach * density
    return total
