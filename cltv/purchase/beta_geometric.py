"""What BG/NBD and MBG/NBD share: gamma-mixed Poisson buying, beta-mixed dropout after purchases.

A customer with x repeat purchases has had n = x + m chances to leave, where m = 1 if the first
purchase is one of them (MBG/NBD) and 0 if not (BG/NBD). Nothing else tells the two models apart.
Sources: Fader, Hardie & Lee (2005), "Counting your customers the easy way: an alternative to the
Pareto/NBD model", Marketing Science 24(2); Batislam, Denizel & Filiztekin (2007), "Empirical
validation and comparison of models for customer base analysis", International Journal of Research
in Marketing 24(3). Parameters r, alpha (time units) of the purchase rate, a, b of the dropout
probability.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.special import betainc, betaln, expit, gammaln, xlog1py, xlogy

from cltv.cells import weighted_total
from cltv.purchase import beta_geometric_alive as if_alive
from cltv.purchase.interface import PurchaseModel


class BetaGeometric(PurchaseModel):
    """A model of this family; parameters r, alpha, a, b.

    Attributes
    ----------
    early_chances : int
        Chances to leave before the first repeat purchase: 0 or 1.
    """

    early_chances: ClassVar[int]
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
        Fader, Hardie & Lee (2005), eq. 6; Batislam et al. (2007). The two ends of a history enter
        as log-odds, so that nothing overflows; gradient in closed form.
        """
        params = r, alpha, a, b = self.parameter_vector(params)
        values, slopes = self._by_frequency(r, a, b, cells.frequency_values)
        values, slopes = values[cells.frequency_index], slopes[:, cells.frequency_index]
        x = cells.frequency
        alive_log, dead, gap = self._ends(params, x, cells.recency, cells.age)
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
                b * (slopes[2] - dead / self._stayed(b, x)),
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
        params = r, alpha, a, b = self.parameter_vector(params)
        values, slopes = self._by_frequency(r, a, b, cells.frequency_values)
        w, counted = cells.weight, cells.frequency_weight
        bought = r + cells.frequency
        since, until = alpha + cells.age, alpha + cells.recency
        spread, gap = np.log(since / alpha), np.log(since / until)
        leaving = self._leaving(a, b, cells.frequency_values)[cells.frequency_index]
        alive_log, dead = _either(leaving + bought * gap)
        total = weighted_total(counted, values - cells.frequency_values * np.log(alpha))
        total += weighted_total(w, alive_log - bought * spread)

        by_count = weighted_total(counted, slopes.T)
        lost = w * dead
        lost_by_frequency = np.bincount(
            cells.frequency_index, weights=lost, minlength=len(cells.frequency_values)
        )
        stayed = self._stayed(b, cells.frequency_values)
        paced = w * (r * cells.age - alpha * cells.frequency)
        paced -= alpha * lost * bought * (cells.age - cells.recency) / until
        gradient = np.array(
            [
                r * (by_count[0] + (lost * gap).sum() - weighted_total(w, spread)),
                (paced / since).sum(),
                a * by_count[1] + lost_by_frequency.sum(),
                b * (by_count[2] - (lost_by_frequency / stayed).sum()),
            ]
        )
        return float(total), gradient

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
        params = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        return self._alive(params, x, recency, age)

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
        params = self.parameter_vector(params)
        r, alpha = params[:2]
        x, recency, age = self._history(frequency, recency, age)
        ahead, scalar = self._horizon(horizon)
        alive = self._alive(params, x, recency, age)
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
        params = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        ahead, scalar = self._horizon(horizon)
        alive = self._alive(params, x, recency, age)
        pairs, index = if_alive.distinct_pairs(x, age)
        expected = if_alive.expected_purchases(*self._future(params), *pairs, ahead)
        result = alive[:, None] * expected[index]
        return result[:, 0] if scalar else result

    def discounted_purchases(self, params, frequency, recency, age, discount_rate, horizon=None):
        """Present value of one unit of money for every expected future purchase.

        Parameters
        ----------
        params : mapping or sequence
            r, alpha, a, b.
        frequency, recency, age : array_like, shape (n,)
            Purchase days after the first, age at the last purchase, age.
        discount_rate : float
            Continuous rate per time unit: ln(1 + yearly rate) / time units per year. Above 0 for
            the whole lifetime, at least 0 up to a horizon.
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
        Discounted expected (residual) transactions as defined by Fader, Hardie & Lee (2005), "RFM
        and CLV", Journal of Marketing Research 42(4); computed as an integral over the dropout
        probability and time, see `beta_geometric_alive.discounted_purchases`.
        """
        params = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        rate, ahead, scalar = self._discounting(discount_rate, horizon)
        if rate == 0:
            return self.expected_purchases(params, x, recency, age, horizon)
        alive = self._alive(params, x, recency, age)
        pairs, index = if_alive.distinct_pairs(x, age)
        discounted = if_alive.discounted_purchases(*self._future(params), *pairs, rate, ahead)
        result = alive[:, None] * discounted[index]
        return result[:, 0] if scalar else result

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
            Numbers between 0 and 1, both excluded, shared by all rows. Column 0: alive; 1:
            purchases of a customer who never leaves; 2: purchases until the customer leaves;
            3 and 4 serve the rare histories with more than 2,000 purchases ahead.

        Returns
        -------
        ndarray of int32, shape (n, d)

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, a bad horizon or bad uniforms.

        Notes
        -----
        min(Poisson(rate * horizon), geometric(p)) with both latent numbers integrated out: the
        first count is negative binomial, the second beta-geometric, starting at 1. A row's draws
        do not depend on the other rows.
        """
        params = self.parameter_vector(params)
        x, recency, age = self._history(frequency, recency, age)
        ahead, uniforms = self._drawing(horizon, uniforms)
        alive = self._alive(params, x, recency, age)
        pairs, index = if_alive.distinct_pairs(x, age)
        draws = if_alive.draw_purchases(*self._future(params), *pairs, ahead, uniforms)[index]
        draws *= uniforms[:, 0] < alive[:, None]
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

        Notes
        -----
        The conditional expectation at frequency 0 and age 0; for BG/NBD Fader, Hardie & Lee
        (2005), eq. 9.
        """
        ahead, scalar = self._horizon(t, "t")
        result = self.expected_purchases(params, 0, 0, 0, ahead)[0]
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
        Fader, Hardie & Lee (2005), eq. 8; Batislam et al. (2007). The sum over smaller counts is
        a negative binomial tail, taken as an incomplete beta function.
        """
        r, alpha, a, b = self.parameter_vector(params)
        x, t = np.broadcast_arrays(np.asarray(count, float), np.asarray(t, float))
        if not np.isfinite(x).all() or (x < 0).any() or (x != np.floor(x)).any():
            raise ValueError("count must be whole numbers of at least 0")
        if not np.isfinite(t).all() or (t < 0).any():
            raise ValueError("t must be finite and at least 0")
        share = t / (alpha + t)
        chances = x + self.early_chances
        still_alive = np.exp(
            betaln(a, b + chances)
            - betaln(a, b)
            + gammaln(r + x)
            - gammaln(r)
            - gammaln(x + 1)
            + xlog1py(r, -share)
            + xlogy(x, share)
        )
        # left at the last of these chances, with the rate high enough to have had them all
        left = np.exp(betaln(a + 1, self._stayed(b, x)) - betaln(a, b))
        left *= np.where(x > 0, betainc(np.maximum(x, 1.0), r, share), 1.0)
        result = np.clip(still_alive + np.where(chances > 0, left, 0.0), 0.0, 1.0)
        return float(result) if result.ndim == 0 else result

    # ---------- shared terms

    def _future(self, params):
        """Parameters of the future of a customer who is alive."""
        r, alpha, a, b = params
        return r, alpha, a, b + self.early_chances

    def _stayed(self, b, x):
        """Second beta parameter before the latest chance to leave; b where there was none."""
        return b + np.maximum(x + self.early_chances, 1.0) - 1.0

    def _by_frequency(self, r, a, b, values):
        """Gamma-function terms at the distinct frequencies and their slopes in r, a, b.

        Rising products are added up term by term: unlike differences of log-gammas they lose no
        digits where a parameter is large.
        """
        chances = values + self.early_chances
        steps = np.arange(chances[-1] if len(values) else 0, dtype=float)
        factors = np.array([[r], [b], [a + b]]) + steps
        log_product = np.zeros((3, len(steps) + 1))
        np.cumsum(np.log(factors), axis=1, out=log_product[:, 1:])
        slope = np.zeros((3, len(steps) + 1))
        np.cumsum(1.0 / factors, axis=1, out=slope[:, 1:])
        b_log, both_log = log_product[1:, chances]
        b_slope, both_slope = slope[1:, chances]
        slopes = np.array([slope[0, values], -both_slope, b_slope - both_slope])
        return log_product[0, values] + b_log - both_log, slopes

    def _leaving(self, a, b, x):
        """Log-odds of leaving at the latest chance before any time has passed since."""
        log_odds = np.log(a / self._stayed(b, x))
        # without a repeat purchase there was no chance to leave
        return log_odds if self.early_chances else np.where(x > 0, log_odds, -np.inf)

    def _ends(self, params, x, recency, age):
        """How a history ended: log-sum of both ends over 'alive', P(left), log time ratio."""
        r, alpha, a, b = params
        gap = np.log((alpha + age) / (alpha + recency))
        return *_either(self._leaving(a, b, x) + (r + x) * gap), gap

    def _alive(self, params, x, recency, age):
        """P(alive), to the last digit where it is next to nothing, too."""
        r, alpha, a, b = params
        gap = np.log((alpha + age) / (alpha + recency))
        return expit(-(self._leaving(a, b, x) + (r + x) * gap))


def _either(log_odds):
    """Return log(1 + odds) and odds / (1 + odds)."""
    # one exponential serves both and cannot overflow
    small = np.exp(-np.abs(log_odds))
    beside = 1.0 + small
    return np.maximum(log_odds, 0.0) + np.log(beside), np.where(log_odds > 0, 1.0, small) / beside
