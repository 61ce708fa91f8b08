"""What every purchase model offers: one likelihood, seven predictions, one calling convention."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from cltv.cells import check_purchases, weighted_total

DRAW_COLUMNS = 5
"""Uniform numbers behind one predictive draw."""


class PurchaseModel(ABC):
    """A model of repeat purchases, fitted on cells of (frequency, recency, age).

    Parameters are positive; they are passed as a mapping by name or as a sequence in the order
    of `parameter_names`. Times share one unit, the unit of the parameters in `time_parameters`.

    Attributes
    ----------
    name : str
        Name in tables, for example ``'bg_nbd'``.
    parameter_names : tuple of str
        Order of the parameters.
    time_parameters : tuple of str
        Those that are measured in time units and scale with them.
    """

    name: ClassVar[str]
    parameter_names: ClassVar[tuple[str, ...]]
    time_parameters: ClassVar[tuple[str, ...]]

    # ---------- likelihood

    @abstractmethod
    def centre(self, cells):
        """Log-parameters of the data's own scale: start of the search and mean of the prior.

        Parameters
        ----------
        cells : PurchaseCells
            Cells with times divided by their mean age.

        Returns
        -------
        ndarray, shape (k,)
        """

    @abstractmethod
    def cell_scores(self, params, cells):
        """Log-likelihood of one customer of each cell, and its slope in the log-parameters.

        Parameters
        ----------
        params : mapping or sequence
            Positive parameters.
        cells : PurchaseCells
            n cells in the time unit of the parameters.

        Returns
        -------
        log_likelihood : ndarray, shape (n,)
        scores : ndarray, shape (n, k)
        """

    def log_likelihood(self, params, cells):
        """Weighted total log-likelihood and its gradient in the log-parameters.

        Parameters
        ----------
        params : mapping or sequence
            Positive parameters.
        cells : PurchaseCells
            Cells in the time unit of the parameters.

        Returns
        -------
        total : float
        gradient : ndarray, shape (k,)
        """
        values, scores = self.cell_scores(params, cells)
        return float(weighted_total(cells.weight, values)), weighted_total(cells.weight, scores)

    # ---------- predictions

    @abstractmethod
    def probability_alive(self, params, frequency, recency, age):
        """Probability that a customer has not dropped out yet.

        Parameters
        ----------
        params : mapping or sequence
            Positive parameters.
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

    @abstractmethod
    def probability_active(self, params, frequency, recency, age, horizon):
        """Probability of at least one purchase in the next `horizon` time units.

        Parameters
        ----------
        params : mapping or sequence
            Positive parameters.
        frequency, recency, age : array_like, shape (n,)
            Purchase days after the first, age at the last purchase, age.
        horizon : float or array_like, shape (m,)
            Time units ahead, >= 0.

        Returns
        -------
        ndarray, shape (n,) or (n, m)
            Within [0, 1], 0 at horizon 0, never above `probability_alive`.

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, or a bad horizon.
        """

    @abstractmethod
    def expected_purchases(self, params, frequency, recency, age, horizon):
        """Return the purchases expected in the next `horizon` time units, given the history.

        Parameters
        ----------
        params : mapping or sequence
            Positive parameters.
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
        """

    @abstractmethod
    def discounted_purchases(self, params, frequency, recency, age, discount_rate, horizon=None):
        """Present value of one unit of money for every expected future purchase.

        Parameters
        ----------
        params : mapping or sequence
            Positive parameters.
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
            Finite and >= 0. A purchase at time u ahead counts exp(-discount_rate * u); the
            purchase at time 0 itself is not in it. At rate 0 equal to `expected_purchases`.

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, a bad rate or a bad horizon.
        """

    @abstractmethod
    def draw_purchases(self, params, frequency, recency, age, horizon, uniforms):
        """Draw the number of purchases in the next `horizon` time units, given the history.

        Parameters
        ----------
        params : mapping or sequence
            Positive parameters.
        frequency, recency, age : array_like, shape (n,)
            Purchase days after the first, age at the last purchase, age.
        horizon : float
            Time units ahead, >= 0.
        uniforms : array_like, shape (d, 5)
            Numbers between 0 and 1, both excluded, shared by all rows. Column 0 decides who is
            alive; what the others drive is the model's own choice.

        Returns
        -------
        ndarray of int32, shape (n, d)
            Draws of the predictive distribution.

        Raises
        ------
        ValueError
            Names the first row whose history is impossible, a bad horizon or bad uniforms.
        """

    @abstractmethod
    def expected_purchases_new_customer(self, params, t):
        """Return the expected repeat purchases of a customer of unknown history by age `t`.

        Parameters
        ----------
        params : mapping or sequence
            Positive parameters.
        t : float or array_like, shape (m,)
            Ages, >= 0.

        Returns
        -------
        float or ndarray, shape (m,)
        """

    @abstractmethod
    def probability_of_count(self, params, count, t):
        """Probability that a new customer makes exactly `count` repeat purchases by age `t`.

        Parameters
        ----------
        params : mapping or sequence
            Positive parameters.
        count : array_like of int
            Repeat purchases, >= 0.
        t : array_like
            Ages, >= 0; broadcast against `count`.

        Returns
        -------
        float or ndarray
            Within [0, 1].
        """

    # ---------- shared checks

    def parameter_vector(self, params):
        """Return parameters as a vector in the order of `parameter_names`.

        Parameters
        ----------
        params : mapping or sequence
            By name, or in order.

        Returns
        -------
        ndarray, shape (k,)

        Raises
        ------
        ValueError
            Names the parameter that is missing, unknown, or not positive and finite.
        """
        if isinstance(params, Mapping):
            if set(params) != set(self.parameter_names):
                raise ValueError(
                    f"{self.name} needs the parameters {', '.join(self.parameter_names)}; "
                    f"got {', '.join(map(str, params)) or 'none'}"
                )
            params = [params[name] for name in self.parameter_names]
        vector = np.asarray(params, dtype=float)
        if vector.shape != (len(self.parameter_names),):
            raise ValueError(
                f"{self.name} has {len(self.parameter_names)} parameters "
                f"({', '.join(self.parameter_names)}), got shape {vector.shape}"
            )
        for name, value in zip(self.parameter_names, vector, strict=True):
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{self.name}: {name} must be positive and finite, got {value:g}")
        return vector

    @staticmethod
    def _history(frequency, recency, age):
        return check_purchases(frequency, recency, age)[:3]

    @staticmethod
    def _horizon(horizon, name="horizon"):
        """Return the times ahead as one row and whether a scalar was passed."""
        array = np.asarray(horizon, dtype=float)
        if array.ndim > 1:
            raise ValueError(f"{name} must be a number or one-dimensional")
        if not np.isfinite(array).all() or (array < 0).any():
            raise ValueError(f"{name} must be finite and at least 0")
        return np.atleast_1d(array), array.ndim == 0

    def _discounting(self, discount_rate, horizon):
        """Return the rate, the times ahead as one row (infinite: lifetime), whether one column."""
        try:
            rate = float(discount_rate)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"discount_rate must be a number, got {discount_rate!r}") from None
        if not (np.isfinite(rate) and rate >= 0):
            raise ValueError(f"discount_rate must be finite and at least 0, got {rate:g}")
        if horizon is None:
            if rate == 0:
                raise ValueError("discount_rate must be above 0 where no horizon is given")
            return rate, np.array([np.inf]), True
        return rate, *self._horizon(horizon)

    def _drawing(self, horizon, uniforms):
        """Return the one time ahead as a float and the checked uniforms."""
        ahead, scalar = self._horizon(horizon)
        if not scalar:
            raise ValueError("horizon must be one number")
        uniforms = np.asarray(uniforms, dtype=float)
        if uniforms.ndim != 2 or uniforms.shape[1] != DRAW_COLUMNS:
            raise ValueError(f"uniforms must have shape (d, {DRAW_COLUMNS}), got {uniforms.shape}")
        if not ((uniforms > 0) & (uniforms < 1)).all():
            raise ValueError("uniforms must lie between 0 and 1, both excluded")
        return float(ahead[0]), uniforms
