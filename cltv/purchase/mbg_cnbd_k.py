"""MBG/CNBD-k: regular buyers, with dropout after every purchase, the first one included.

Times between purchases are Erlang: every k-th event of a gamma-mixed Poisson process is a
purchase. With k = 1 this is the MBG/NBD. What the cells must carry beyond recency and frequency
is the sum of log gaps between purchases, which tells how regular they were.

Source: Platzer & Reutterer (2016), "Ticking away the moments: timing regularity helps to better
predict customer activity", Marketing Science 35(5). Parameters r, alpha (time units) of the event
rate, which is k times the purchase rate, a, b of the dropout probability. The paper approximates
expectations by their values at k = 1; here they are exact, because they condition on the stage:
how many of the k events before the next purchase have already happened unseen.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaln, expit, exprel, gammaincinv, gammaln, xlog1py, xlogy

from cltv.cells import frequency_times, weighted_total
from cltv.purchase.counts import poisson_quantile
from cltv.purchase.fitting import fit_cells
from cltv.purchase.interface import PurchaseModel
from cltv.purchase.quadrature import beta_nodes, chebyshev, interpolation, legendre, points_needed

LARGEST_K = 12

_FOLDS = 40.0
_FEWEST_NODES, _USUAL_NODES, _MOST_NODES = 24, 48, 120
_NEAR_NODES, _FAR_NODES = 16, 64
_LARGE_SHAPE = 4.0
_BLOCK = 32_768
_SAMPLE = 20_000


class MBGCNBDk(PurchaseModel):
    """The MBG/CNBD-k model with k fixed; parameters r, alpha, a, b.

    Parameters
    ----------
    k : int
        Events per purchase, 1 to 12: the larger, the more regular.

    Raises
    ------
    ValueError
        If k is not a whole number from 1 to 12.
    """

    name = "mbg_cnbd_k"
    parameter_names = ("r", "alpha", "a", "b")
    time_parameters = ("alpha",)

    def __init__(self, k=1):
        if k != int(k) or not 1 <= k <= LARGEST_K:
            raise ValueError(f"k must be a whole number from 1 to {LARGEST_K}, got {k!r}")
        self.k = int(k)

    def __repr__(self):
        return f"MBGCNBDk(k={self.k})"

    # ---------- likelihood

    def centre(self, cells):
        """Shapes of one, and the alpha that then gives the average rate of events.

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
        return np.array([0.0, -np.log(self.k * rate), 0.0, 0.0])

    def cell_scores(self, params, cells):
        """Log-likelihood of one customer of each cell, and its slope in the log-parameters.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        cells : PurchaseCells
            n cells in the time unit of alpha, with `log_gap_sum` if the level matters: it does
            not depend on the parameters, but on k.

        Returns
        -------
        log_likelihood : ndarray, shape (n,)
        scores : ndarray, shape (n, 4)

        Notes
        -----
        Platzer & Reutterer (2016), eq. 4, as the log-odds of the two ends of a history.
        """
        r, alpha, a, b = self.parameter_vector(params)
        x, age = cells.frequency, cells.age
        values, slopes = self._by_frequency(r, a, b, cells.frequency_values)
        values, slopes = values[cells.frequency_index], slopes[:, cells.frequency_index]
        stages = _Stages(self.k, r, alpha, x, cells.recency, age)
        alive_log, dead, gap = _ends(a, b, x, stages)
        since = alpha + age
        regular = (self.k - 1.0) * cells.log_gap_sum / cells.weight
        spread = np.log1p(age / alpha)
        likelihood = values + regular - r * spread - self.k * x * np.log(since)
        likelihood += stages.log_total + alive_log
        alive = 1.0 - dead
        gap_slope = -(age - cells.recency) / (since * (alpha + cells.recency))
        scores = np.column_stack(
            [
                r * (slopes[0] - spread + alive * stages.slope_in_shape + dead * gap),
                alpha * ((r * age / alpha - self.k * x - alive * stages.mean) / since)
                + alpha * dead * stages.shape * gap_slope,
                a * slopes[1] + dead,
                b * (slopes[2] - dead / (b + x)),
            ]
        )
        return likelihood, scores

    # ---------- predictions

    def probability_alive(self, params, frequency, recency, age):
        """Probability that a customer has not dropped out yet.

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
        """
        r, alpha, a, b = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        return _alive(a, b, x, _Stages(self.k, r, alpha, x, recency, age))

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

        Notes
        -----
        A customer who is alive stays so until the next purchase: one minus the chance of fewer
        than k events by the end of the horizon in that by now.
        """
        r, alpha, a, b = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        ahead, scalar = self._horizon(horizon)
        stages = _Stages(self.k, r, alpha, x, recency, age)
        alive = _alive(a, b, x, stages)
        result = np.empty((len(x), len(ahead)))
        for column, time in enumerate(ahead):
            later = _Stages(self.k, r, alpha, x, recency, age + time)
            still = later.log_total - stages.log_total
            still -= stages.shape * np.log1p(time / (alpha + age))
            result[:, column] = alive * np.abs(np.expm1(np.minimum(still, 0.0)))
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
        Exact: a mean over the stages that the silence may have reached (see `_expected`).
        """
        return self._predict(params, frequency, recency, age, 0.0, *self._horizon(horizon))

    def discounted_purchases(self, params, frequency, recency, age, discount_rate, horizon=None):
        """Present value of one unit of money for every expected future purchase.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        frequency, recency, age : array_like, shape (n,)
            Purchase days after the first, age at the last purchase, age.
        discount_rate : float
            Continuous rate per time unit; above 0 for the whole lifetime.
        horizon : float or array_like, shape (m,), optional
            Time units ahead, >= 0; the whole residual lifetime by default.

        Returns
        -------
        ndarray, shape (n,) or (n, m)
            Finite and >= 0.

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, a bad rate or a bad horizon.

        Notes
        -----
        Integration by parts: the discounted value is the expectation at every time ahead,
        weighted by how fast money loses value there, plus what is left of it at the end. By
        quadrature in log time, apart for the time in which regular buyers still come in waves.
        """
        rate, ahead, scalar = self._discounting(discount_rate, horizon)
        return self._predict(params, frequency, recency, age, rate, ahead, scalar)

    def draw_purchases(self, params, frequency, recency, age, horizon, uniforms):
        """Draw the number of purchases in the next `horizon` time units, given the history.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        frequency, recency, age : array_like, shape (n,)
            Purchase days after the first, age at the last purchase, age.
        horizon : float
            Time units ahead, >= 0.
        uniforms : array_like, shape (d, 5)
            Between 0 and 1, shared by all rows: who is alive, the rate of events, after how many
            purchases the customer leaves, the number of events, the stage.

        Returns
        -------
        ndarray of int32, shape (n, d)

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, a bad horizon or bad uniforms.

        Notes
        -----
        Given alive and the stage j, the rate is gamma of shape r + k x + j, and the number of
        purchases until dropout is beta-geometric, independently. Purchases are the smaller of
        that number and the completed k-th events.
        """
        r, alpha, a, b = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        ahead, uniforms = self._drawing(horizon, uniforms)
        stages = _Stages(self.k, r, alpha, x, recency, age)
        alive = _alive(a, b, x, stages)
        reached = np.cumsum(stages.shares, axis=0)[:-1]
        counts, index = np.unique(x, return_inverse=True)
        shapes = r + self.k * counts[:, None] + np.arange(self.k)
        until = _beta_geometric_quantile(a, b + counts + 1.0, uniforms[:, 2])
        stretch = ahead / (alpha + age)
        draws = np.empty((len(x), len(uniforms)), dtype=np.int32)
        for column, (is_alive, rate, _, count, stage) in enumerate(uniforms):
            behind = (stage > reached).sum(axis=0)
            mean = gammaincinv(shapes, rate)[index, behind] * stretch
            events = poisson_quantile(mean, count) + behind
            purchases = np.minimum(events // self.k, until[index, column])
            draws[:, column] = np.where(is_alive < alive, purchases, 0.0)
        return draws

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
        """
        ahead, scalar = self._horizon(t, "t")
        result = self._predict(params, 0, 0, 0, 0.0, ahead, False)[0]
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
        Either still alive with k x to k x + k - 1 events, or left at purchase x with at least
        k x events; events are negative binomial.
        """
        r, alpha, a, b = self.parameter_vector(params)
        x, t = np.broadcast_arrays(np.asarray(count, float), np.asarray(t, float))
        if not np.isfinite(x).all() or (x < 0).any() or (x != np.floor(x)).any():
            raise ValueError("count must be whole numbers of at least 0")
        if not np.isfinite(t).all() or (t < 0).any():
            raise ValueError("t must be finite and at least 0")
        share = t / (alpha + t)
        events = self.k * x
        between = np.zeros(x.shape)
        for n in (events + stage for stage in range(self.k)):
            ways = gammaln(r + n) - gammaln(r) - gammaln(n + 1.0)
            between += np.exp(ways + xlog1py(r, -share) + xlogy(n, share))
        enough = np.where(x > 0, betainc(np.maximum(events, 1.0), r, share), 1.0)
        stays = np.exp(betaln(a, b + x + 1.0) - betaln(a, b))
        leaves = np.exp(betaln(a + 1.0, b + x) - betaln(a, b))
        result = np.clip(stays * between + leaves * enough, 0.0, 1.0)
        return float(result) if result.ndim == 0 else result

    # ---------- parts

    def _by_frequency(self, r, a, b, values):
        """Terms of the likelihood at the distinct frequencies and their slopes in r, a, b."""
        r_log, r_slope = _rising(r, self.k * values)
        b_log, b_slope = _rising(b, values + 1)
        both_log, both_slope = _rising(a + b, values + 1)
        total = r_log + b_log - both_log - values * gammaln(self.k)
        return total, np.array([r_slope, -both_slope, b_slope - both_slope])

    def _predict(self, params, frequency, recency, age, rate, ahead, scalar):
        """P(alive) times the mean over stages of the expectation, discounted at `rate`."""
        r, alpha, a, b = params = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        stages = _Stages(self.k, r, alpha, x, recency, age)
        alive = _alive(a, b, x, stages)
        pairs, index = frequency_times(x, age)
        by_stage = self._if_alive(params, pairs, rate, ahead)
        result = np.zeros((len(x), len(ahead)))
        for stage in range(self.k):
            result += (alive * stages.shares[stage])[:, None] * by_stage[stage][index]
        return result[:, 0] if scalar else result

    def _if_alive(self, params, pairs, rate, ahead):
        """Return what is expected of those alive, by stage: shape (k, p, m).

        Frequency by frequency; where one has many ages, between Chebyshev points in log time.
        """
        _, alpha, _, _ = params
        x, since = pairs.frequency, alpha + pairs.time
        result = np.empty((self.k, len(x), len(ahead)))
        starts = np.flatnonzero(np.diff(x, prepend=-1.0))
        for start, stop in zip(starts, np.append(starts[1:], len(x)), strict=True):
            part = since[start:stop]
            low, length = part[0], np.log(part[-1] / part[0])
            shape = params[0] + self.k * x[start]
            # discounting smoothes the waves
            waves = _roughness(self.k, shape, part, ahead[ahead > 0]) if rate == 0 else 0.0
            points = points_needed(length) + self.k + int(np.ceil(0.7 * length * waves))
            if len(part) <= points:
                result[:, start:stop] = self._discounted(params, x[start], part, rate, ahead)
                continue
            grid = low * np.exp(length * chebyshev(points)[0])
            values = self._discounted(params, x[start], grid, rate, ahead)
            shares = interpolation(np.log(part / low) / length, points)
            result[:, start:stop] = np.einsum("np,kpm->knm", shares, values)
        return np.maximum(result, 0.0)

    def _discounted(self, params, x, since, rate, ahead):
        """Return the expectation of those alive at one frequency, shape (k, q, m).

        `since` is alpha + age, shape (q,); `ahead` may be infinite where `rate` is above 0.
        """
        stretch = ahead / since[:, None]
        if rate == 0:
            return self._expected(params, x, stretch)
        z = rate * since[:, None]
        reach = np.log1p(np.minimum(stretch, _FOLDS / z))
        shape = params[0] + self.k * x
        until = np.minimum(np.log1p(_waves_end(self.k, shape)), reach)
        total = np.zeros((self.k, *reach.shape))
        for start, stop, number in ((0.0 * until, until, 32 + 2 * self.k), (until, reach, 32)):
            if not (stop > start).any():
                continue
            node, weight = legendre(number)
            length = (stop - start)[..., None]
            grown = np.exp(start[..., None] + length * node)
            loss = length * weight * grown * np.exp(-z[..., None] * (grown - 1.0))
            within = self._expected(params, x, grown - 1.0)
            total += np.einsum("kqmn,qmn->kqm", within, loss)
        total *= z
        last = np.expm1(reach)
        return total + self._expected(params, x, last) * np.exp(-z * last)

    def _expected(self, params, x, stretch):
        """Return the purchases expected of those alive, by stage: shape (k, *stretch.shape).

        `stretch` is the horizon in units of alpha + age. With q = 1 - p the chance to stay, M
        purchases would be made if nobody left, and (1 - q^M) / p are. M counts every k-th of a
        negative binomial number of events, so that the mean of q^M is a sum over the k complex
        roots of q, each with its generating function in closed form; the real root carries the
        1 / p, and is free of cancellation. Quadrature over p ~ beta(a, b + x + 1).
        """
        r, _, a, b = params
        k, shape = self.k, r + self.k * x
        s = np.ravel(stretch)
        total = np.zeros((k, len(s)))
        nodes, folds_at, weights = _dropout_nodes(
            a, b + x + 1.0, s.max(initial=0.0), max(shape, 1.0) / k
        )
        roots = np.exp(2j * np.pi * np.arange(1, k // 2 + 1) / k)
        block = max(_BLOCK // max(len(s), 1), 1)
        for begin in range(0, len(nodes), block):
            p, weight = nodes[begin : begin + block, None], weights[begin : begin + block]
            folds = folds_at[begin : begin + block, None]
            real = -np.expm1(-folds / k)
            log_base = np.log1p(s * real)
            level = _log_ratio(p, folds, k) - shape * log_base
            for stage in range(k):
                log_power = level + folds * ((k - 1.0 - stage) / k) - stage * log_base
                total[stage] -= _weighted(weight / p[:, 0], np.expm1(log_power))
            # conjugate roots come in pairs; -1 stands alone
            for root in roots:
                theta = np.exp(-folds / k) * root
                base = 1.0 + s * (1.0 - theta)
                log_size = -shape * np.log(np.abs(base))
                if not (log_size > -_FOLDS).any():
                    continue
                pair = 1.0 if abs(root + 1.0) < 1e-9 else 2.0
                step = theta / base
                power = np.exp(log_size - 1j * shape * np.angle(base)) * (theta / (1.0 - theta))
                for stage in range(k):
                    shares = weight * np.exp(folds[:, 0]) * (pair / k)
                    total[stage] -= _weighted(shares, power.real)
                    power = power * step
        # what the roots leave of nothing is rounding
        return np.where(s > 0, np.maximum(total, 0.0), 0.0).reshape(k, *np.shape(stretch))


def fit_cnbd_k(cells, method="map", largest=LARGEST_K):
    """Fit the MBG/CNBD-k for rising k and keep the k of the highest likelihood.

    Parameters
    ----------
    cells : PurchaseCells
        With `log_gap_sum`.
    method : {'map', 'mle'}
        With or without the prior.
    largest : int
        Largest k to try.

    Returns
    -------
    PurchaseFit
        Its `model.k` is the k that was selected.

    Raises
    ------
    ValueError
        If the cells carry no sums of log gaps, or as `fit_cells`.

    Notes
    -----
    The likelihood has one summit in k: the search stops where it falls. Large tables are searched
    on the systematic sample that the fit of the parameters starts from, too.
    """
    # all gaps of one unit have logs of 0 as well; then purchases and time since the first agree
    if not cells.log_gap_sum.any() and (cells.recency != cells.frequency).any():
        raise ValueError("column 'log_gap_sum': all 0, so that regularity cannot be told")
    searched = cells.sample(_SAMPLE) if len(cells) > 2 * _SAMPLE else cells
    best = None
    for k in range(1, largest + 1):
        fit = fit_cells(MBGCNBDk(k), searched, method)
        if best is not None and not fit.log_likelihood > best.log_likelihood:
            break
        best = fit
    return best if searched is cells else fit_cells(best.model, cells, method)


class _Stages:
    """How far the next purchase has come at the end of a silence, if the customer is alive.

    `log_total` is the log of sum over j < k of (shape)_j / j! z^j with z = silence / (alpha + age),
    the chance of fewer than k events relative to that of none; `shares` are its normalised terms,
    shape (k, n); `mean` is the mean stage, `slope_in_shape` the slope of `log_total` in r.
    """

    def __init__(self, k, r, alpha, x, recency, age):
        self.shape = r + k * x
        self.gap = np.log((alpha + age) / (alpha + recency))
        z = (age - recency) / (alpha + age)
        terms = np.ones((k, len(x)))
        harmonic, self.mean, slope = np.zeros(len(x)), np.zeros(len(x)), np.zeros(len(x))
        for j in range(1, k):
            terms[j] = terms[j - 1] * ((self.shape + (j - 1.0)) / j * z)
            harmonic += 1.0 / (self.shape + (j - 1.0))
            self.mean += j * terms[j]
            slope += harmonic * terms[j]
        total = terms.sum(axis=0)
        self.log_total = np.log(total)
        self.shares = terms / total
        self.mean /= total
        self.slope_in_shape = slope / total


def _ends(a, b, x, stages):
    """How a history ended: log-sum of both ends over 'alive', P(dropped out), log time ratio."""
    odds = _leaving(a, b, x, stages)
    # one exponential serves both log(1 + e^odds) and the probability, and cannot overflow
    small = np.exp(-np.abs(odds))
    alive_log = np.maximum(odds, 0.0) + np.log1p(small)
    dead = np.where(odds > 0, 1.0, small) / (1.0 + small)
    return alive_log, dead, stages.gap


def _leaving(a, b, x, stages):
    """Log-odds of having left."""
    return np.log(a / (b + x)) + stages.shape * stages.gap - stages.log_total


def _alive(a, b, x, stages):
    """P(alive), to the last digit where it is next to nothing, too."""
    return expit(-_leaving(a, b, x, stages))


def _rising(z, values):
    """Log of z (z + 1) ... (z + n - 1) for every n in `values`, and its slope in z.

    Added up term by term: unlike differences of log-gammas this loses no digits where z is large.
    """
    steps = z + np.arange(values[-1] if len(values) else 0)
    log_product = np.concatenate([[0.0], np.cumsum(np.log(steps))])
    slope = np.concatenate([[0.0], np.cumsum(1.0 / steps)])
    return log_product[values], slope[values]


def _log_ratio(p, folds, k):
    """Return ln(p / (k (1 - q^(1/k)))) with q = 1 - p and folds = -ln q, small where p is."""
    part = folds / k
    plain = -np.log(folds / p * exprel(-part))
    rise = p * (1 / 2 + p * (5 / 24 + p * (1 / 8 + p * 251 / 2880)))
    return np.where(p > 1e-3, plain, part / 2 - part**2 / 24 + part**4 / 2880 - rise)


def _dropout_nodes(a, b, stretch, purchases):
    """Nodes p, -ln(1 - p) and weights for a mean over p ~ beta(a, b) of what a horizon brings.

    What comes until a horizon of `stretch` bends where p is about 1 / (stretch purchases).
    Polynomials in p follow that for usual horizons. For far ones the bend is on another scale than
    the distribution: then log-odds from there on, and polynomials before.
    """
    far = max(float(stretch), 1e-3)
    number = int(np.ceil(9.0 / np.log1p(2.0 / far) + 8.0))
    if number <= _USUAL_NODES or a > _LARGE_SHAPE:
        nodes, weights = beta_nodes(a, b, int(np.clip(number, _FEWEST_NODES, _MOST_NODES)))
        return nodes, -np.log1p(-nodes), weights
    bend = 0.5 / max(far * purchases, b, 1.0)
    node, weight = beta_nodes(a, 1.0, _NEAR_NODES)
    near = bend * node
    near_weight = weight * np.exp((b - 1.0) * np.log1p(-near)) * (bend**a / a)
    low = np.log(bend) - np.log1p(-bend)
    high = np.log(np.expm1(_FOLDS / b))
    node, weight = legendre(_FAR_NODES)
    odds = low + (high - low) * node
    log_p, log_q = -np.logaddexp(0.0, -odds), -np.logaddexp(0.0, odds)
    far_weight = (high - low) * weight * np.exp(a * log_p + b * log_q)
    nodes = np.concatenate([near, np.exp(log_p)])
    # not read off p, which is 1 to the last digit where b is small
    folds = np.concatenate([-np.log1p(-near), -log_q])
    weights = np.concatenate([near_weight, far_weight])
    return nodes, folds, weights / weights.sum()


def _weighted(weight, values):
    return (weight[:, None] * values).sum(axis=0)


def _waves_end(k, shape):
    """Return the stretch after which the waves of regular buyers have died out."""
    if k == 1:
        return np.inf
    return 25.0 / (shape * (1.0 - np.cos(2.0 * np.pi / k)))


def _roughness(k, shape, since, ahead):
    """How fast what is expected may swing with log time: regular buyers come in waves.

    The slowest wave turns with the first complex root; it counts as long as it has not died out.
    """
    if k == 1:
        return 0.0
    gap = 1.0 - np.exp(2j * np.pi / k)
    # a horizon of next to nothing may divide to nothing, and no geometric series starts there
    first, last = (np.maximum(ahead / since[end], np.finfo(float).tiny) for end in (-1, 0))
    s = np.geomspace(first, last, 16)
    size = np.abs(1.0 + s * gap)
    swing = np.where(shape * np.log(size) < 25.0, shape * s * np.abs(gap) / size**2, 0.0)
    return float(swing.max(initial=0.0))


def _beta_geometric_quantile(a, b, uniforms):
    """Smallest n >= 1 with P(N <= n) >= u, where P(N > n) = B(a, b + n) / B(a, b).

    b has shape (u,), uniforms (d,); the result (u, d), at most 2^31 - 1.
    """
    b = b[:, None]
    base = betaln(a, b)
    limit = np.log1p(-uniforms)
    low = np.zeros((len(b), len(uniforms)))
    high = np.full(low.shape, 2.0**31 - 1.0)
    for _ in range(32):
        middle = np.floor(0.5 * (low + high))
        above = betaln(a, b + middle) - base > limit
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return high
