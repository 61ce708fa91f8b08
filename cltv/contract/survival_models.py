"""How long contracts last: shifted beta-geometric (sBG) and beta-discrete-Weibull (BdW).

Sources: Fader & Hardie (2007), "How to project customer retention", Journal of Interactive
Marketing 21(1); Fader & Hardie (2010), "Customer-base valuation in a contractual setting: the
perils of ignoring heterogeneity", Marketing Science 29(1); Fader, Hardie, Liu, Davin & Steenburgh
(2018), "How to project customer retention revisited: the role of duration dependence", Journal of
Interactive Marketing 43.

Time is counted in renewals: T = t is a contract lost at its t-th renewal, S(t) the share that is
still there after it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cltv.beta_survival import (
    log_retention,
    log_survival,
    log_survival_slopes,
    residual_sum,
)
from cltv.cells import weighted_total


class ContractModel:
    """A model of whole periods until a contract is lost; subclasses name their parameters."""

    name: str
    parameter_names: tuple[str, ...]

    def parameter_vector(self, params):
        """Return the parameters in their order, checked.

        Parameters
        ----------
        params : mapping or sequence
            By name, or in the order of `parameter_names`.

        Returns
        -------
        ndarray, shape (k,)

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
        if vector.shape != (len(self.parameter_names),):
            raise ValueError(f"{self.name}: expected {', '.join(self.parameter_names)}")
        for name, value in zip(self.parameter_names, vector, strict=True):
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{self.name}: parameter {name!r} must be above 0, got {value}")
        return vector

    def _shapes(self, params):
        """Return the two beta shapes and the exponent of time."""
        vector = self.parameter_vector(params)
        return (*vector, 1.0) if len(vector) == 2 else tuple(vector)

    # ---------- likelihood

    def centre(self, cells):
        """Log-parameters with the observed loss rate and nothing else: a first shape of one.

        Parameters
        ----------
        cells : ContractCells

        Returns
        -------
        ndarray, shape (k,)
        """
        # half a loss more than was seen, so that the rate is neither 0 nor 1
        rate = (cells.lost + 0.5) / (cells.renewals + 1.0)
        centre = np.zeros(len(self.parameter_names))
        centre[1] = np.log((1.0 - rate) / rate)
        return centre

    def cell_scores(self, params, cells):
        """Log-likelihood of one contract of each cell, and its slope in the log-parameters.

        Parameters
        ----------
        params : mapping or sequence
            Of the model.
        cells : ContractCells
            n cells.

        Returns
        -------
        log_likelihood : ndarray, shape (n,)
        scores : ndarray, shape (n, k)

        Notes
        -----
        ln P(T = t) of a lost contract, ln S(t) of one that is still there. P(T = t) is taken as
        S(t - 1) times one minus the retention, which loses no digits.
        """
        shapes = self._shapes(params)
        lost = cells.is_lost
        survived = cells.tenure - lost
        likelihood = log_survival(*shapes, survived)
        scores = log_survival_slopes(*shapes, survived)
        t = cells.tenure[lost]
        retained = log_retention(*shapes, t)
        likelihood[lost] += np.log(-np.expm1(retained))
        change = log_survival_slopes(*shapes, t) - scores[lost]
        scores[lost] -= change / np.expm1(-retained)[:, None]
        return likelihood, scores[:, : len(self.parameter_names)]

    def log_likelihood(self, params, cells):
        """Weighted total log-likelihood and its gradient in the log-parameters.

        Parameters
        ----------
        params : mapping or sequence
            Of the model.
        cells : ContractCells

        Returns
        -------
        total : float
        gradient : ndarray, shape (k,)
        """
        likelihood, scores = self.cell_scores(params, cells)
        return (
            float(weighted_total(cells.weight, likelihood)),
            weighted_total(cells.weight, scores),
        )

    # ---------- predictions

    def survival(self, params, t):
        """Share of contracts that are still there after `t` renewals.

        Parameters
        ----------
        params : mapping or sequence
            Of the model.
        t : array_like
            Periods, >= 0.

        Returns
        -------
        float or ndarray
            Within [0, 1]; 1 at t = 0.

        Raises
        ------
        ValueError
            If a period is negative or not finite.
        """
        t, scalar = _periods(t, "t", least=0.0)
        result = np.exp(log_survival(*self._shapes(params), t))
        return float(result) if scalar else result

    def retention_rate(self, params, t):
        """Share of the contracts at their `t`-th renewal that are renewed: S(t) / S(t - 1).

        Parameters
        ----------
        params : mapping or sequence
            Of the model.
        t : array_like
            Periods, >= 1.

        Returns
        -------
        float or ndarray
            Within [0, 1].

        Raises
        ------
        ValueError
            If a period is below 1 or not finite.
        """
        t, scalar = _periods(t, "t", least=1.0)
        result = np.exp(log_retention(*self._shapes(params), t))
        return float(result) if scalar else result

    def probability_of_loss(self, params, t):
        """Probability that a new contract is lost at exactly its `t`-th renewal.

        Parameters
        ----------
        params : mapping or sequence
            Of the model.
        t : array_like
            Periods, >= 1.

        Returns
        -------
        float or ndarray
            Within [0, 1].

        Raises
        ------
        ValueError
            If a period is below 1 or not finite.
        """
        t, scalar = _periods(t, "t", least=1.0)
        shapes = self._shapes(params)
        result = np.exp(log_survival(*shapes, t - 1.0)) * -np.expm1(log_retention(*shapes, t))
        return float(result) if scalar else result

    def conditional_survival(self, params, tenure, ahead):
        """Probability that a contract is still there `ahead` renewals from now.

        Parameters
        ----------
        params : mapping or sequence
            Of the model.
        tenure : array_like, shape (n,)
            Renewals survived so far, >= 0.
        ahead : float or array_like, shape (m,)
            Renewals to come, >= 0.

        Returns
        -------
        ndarray, shape (n,) or (n, m)
            S(tenure + ahead) / S(tenure), within [0, 1].

        Raises
        ------
        ValueError
            If a period is negative or not finite.
        """
        tenure, _ = _periods(tenure, "tenure", least=0.0)
        ahead, scalar = _periods(ahead, "ahead", least=0.0)
        shapes = self._shapes(params)
        start = np.atleast_1d(tenure)[:, None]
        level = log_survival(*shapes, start)
        later = log_survival(*shapes, start + np.atleast_1d(ahead))
        result = np.exp(np.minimum(later - level, 0.0))
        return result[:, 0] if scalar else result

    def expected_remaining_periods(self, params, tenure, horizon=None):
        """Return the number of renewals that a contract is still expected to make.

        Parameters
        ----------
        params : mapping or sequence
            Of the model.
        tenure : array_like, shape (n,)
            Renewals survived so far, whole numbers >= 0.
        horizon : int, optional
            Count the next `horizon` renewals only; all of them by default.

        Returns
        -------
        ndarray, shape (n,)
            Infinite without a horizon where the mean does not exist: a first shape times c of at
            most 1. That is common: show a finite horizon.

        Raises
        ------
        ValueError
            If a tenure is negative or not whole, or the horizon is not a whole number >= 1.
        """
        tenure = _whole_tenures(tenure)
        return residual_sum(*self._shapes(params), tenure, horizon=_whole_horizon(horizon))

    def discounted_residual_lifetime(self, params, tenure, discount_rate, horizon=None):
        """Discounted expected residual lifetime (DERL) of a contract that is due for renewal.

        Parameters
        ----------
        params : mapping or sequence
            Of the model.
        tenure : array_like, shape (n,)
            Renewals made so far, whole numbers >= 0. The paper's n is one more: the contract is
            in its n-th period, about to make its n-th renewal.
        discount_rate : float
            Effective rate per period, > 0 (>= 0 with a horizon). A yearly rate y is
            ``(1 + y) ** (1 / 12) - 1`` a month.
        horizon : int, optional
            Count the next `horizon` renewals only; all of them by default.

        Returns
        -------
        ndarray, shape (n,)
            Present value of one unit at each renewal made. The next renewal is due now and is
            not discounted.

        Raises
        ------
        ValueError
            If a tenure is negative or not whole, the horizon is not a whole number >= 1, or the
            rate is negative, not finite, or 0 without a horizon.

        Notes
        -----
        Fader & Hardie (2010): the sum over t >= n of S(t) / S(n - 1) (1 + d)^(n - t).
        """
        tenure = _whole_tenures(tenure)
        horizon = _whole_horizon(horizon)
        rate = float(discount_rate)
        if not (np.isfinite(rate) and rate >= 0 and (rate > 0 or horizon is not None)):
            raise ValueError(f"discount_rate must be above 0, got {discount_rate!r}")
        total = residual_sum(*self._shapes(params), tenure, -np.log1p(rate), horizon)
        return total * (1.0 + rate)


class ShiftedBetaGeometric(ContractModel):
    """sBG: every contract has its own constant chance to be lost, beta(alpha, beta)."""

    name = "sbg"
    parameter_names = ("alpha", "beta")


class BetaDiscreteWeibull(ContractModel):
    """BdW: as sBG, but each contract's own chance rises (c > 1) or falls (c < 1) with time."""

    name = "bdw"
    parameter_names = ("gamma", "delta", "c")


def _periods(values, name, least):
    array = np.asarray(values, dtype=float)
    if not np.isfinite(array).all() or (array < least).any():
        raise ValueError(f"{name} must be finite and at least {least:g}")
    return array, array.ndim == 0


def _whole_tenures(tenure):
    array, _ = _periods(tenure, "tenure", least=0.0)
    if (array != np.floor(array)).any():
        raise ValueError("tenure must be whole numbers of periods")
    return np.atleast_1d(array)


def _whole_horizon(horizon):
    if horizon is None:
        return None
    if not (np.isfinite(horizon) and horizon >= 1 and horizon == int(horizon)):
        raise ValueError(f"horizon must be a whole number of at least 1, got {horizon!r}")
    return int(horizon)
