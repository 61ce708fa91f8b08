"""Fit any purchase model to weighted cells, in any time unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cltv.cells import PurchaseCells, purchase_cells, weighted_total
from cltv.maximum_likelihood import LIMIT, boundary_note, optimise
from cltv.purchase.interface import PurchaseModel

BOOTSTRAP_ROWS = 40_000
"""Above this many cells refits take too long, and the sandwich is as good."""


@dataclass(frozen=True)
class PurchaseFit:
    """Estimates of one purchase model on one set of cells.

    Attributes
    ----------
    model : PurchaseModel
        What was fitted.
    method : str
        ``'map'`` or ``'mle'``.
    params : dict of str to float
        Natural parameters, in the time unit of the input.
    standard_error, lower_95, upper_95 : dict of str to float
        Robust; the interval is symmetric on the log scale. NaN where the curvature is not positive.
    covariance : ndarray, shape (k, k)
        Of the log-parameters.
    log_likelihood : float
        Total, without the prior, in the time unit of the input.
    converged : bool
    iterations : int
        Likelihood evaluations.
    customers, repeaters, repeat_purchases : float
        Weighted totals.
    cells : int
        Distinct cells.
    mean_age : float
        Weighted mean age, in the time unit of the input.
    condition_number : float
        Of the Hessian of the mean log-likelihood in log-parameters.
    boundary : str or None
        Which parameters the data do not pin down; None where all is well.
    unidentified : tuple of str
        The same parameters by name.
    theta : ndarray, shape (k,)
        Log-parameters with times divided by the mean age, which is what was searched over.
    scaled_cells : PurchaseCells
        The cells with times divided by the mean age.
    """

    model: PurchaseModel
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
    repeaters: float
    repeat_purchases: float
    cells: int
    mean_age: float
    condition_number: float
    boundary: str | None
    unidentified: tuple[str, ...]
    theta: np.ndarray
    scaled_cells: PurchaseCells


class PurchaseProblem:
    """A purchase model on its cells, seen through log-parameters and a mean per customer.

    Parameters
    ----------
    model : PurchaseModel
        Of k parameters.
    cells : PurchaseCells
        n cells, the times in any one unit.
    """

    def __init__(self, model, cells):
        self.model, self.cells = model, cells
        self.weight = cells.weight
        self.customers = cells.weight.sum()

    def mean_log_likelihood(self, theta):
        """Return the mean log-likelihood per customer and its gradient.

        Parameters
        ----------
        theta : ndarray, shape (k,)
            Log-parameters, those of time in the unit of the cells.

        Returns
        -------
        mean : float
        gradient : ndarray, shape (k,)
        """
        total, gradient = self.model.log_likelihood(np.exp(theta), self.cells)
        return total / self.customers, gradient / self.customers

    def scores(self, theta):
        """Return the slope of the log-likelihood of one customer of each cell.

        Parameters
        ----------
        theta : ndarray, shape (k,)
            Log-parameters, those of time in the unit of the cells.

        Returns
        -------
        ndarray, shape (n, k)
        """
        return self.model.cell_scores(np.exp(theta), self.cells)[1]

    def sample(self, rows):
        """Return the model on fewer cells that stand for all.

        Parameters
        ----------
        rows : int
            At most this many cells are kept.

        Returns
        -------
        PurchaseProblem
        """
        return PurchaseProblem(self.model, self.cells.sample(rows))

    def reweighted(self, weight):
        """Return the model on the same cells with other numbers of customers in them.

        Parameters
        ----------
        weight : ndarray, shape (n,)
            Customers in each cell, > 0.

        Returns
        -------
        PurchaseProblem
        """
        return PurchaseProblem(self.model, self.cells.reweighted(weight))


def fit_purchase_model(
    model, frequency, recency, age, weight=None, method="map", errors="sandwich"
):
    """Fit one purchase model to customers or to weighted cells.

    Parameters
    ----------
    model : PurchaseModel
        For example ``BGNBD()``.
    frequency, recency, age : array_like, shape (n,)
        Purchase days after the first, age at the last purchase, age; times in one unit.
    weight : array_like, shape (n,), optional
        Customers per row, > 0; 1 each by default.
    method : {'map', 'mle'}
        Maximum a posteriori under weak priors, or plain maximum likelihood.
    errors : {'sandwich', 'bootstrap', 'auto'}
        As for `fit_cells`.

    Returns
    -------
    PurchaseFit

    Raises
    ------
    ValueError
        If a row is impossible, nobody was observed for any time, nobody bought again, or the
        method or kind of errors is unknown.

    Notes
    -----
    Times are divided by the mean age before anything else, so that neither the search nor the
    prior knows the unit. The prior is normal on each log-parameter, centred on `model.centre`.
    """
    return fit_cells(model, purchase_cells(frequency, recency, age, weight), method, errors)


def fit_cells(model, cells: PurchaseCells, method="map", errors="sandwich"):
    """Fit one purchase model to cells that are already checked and collapsed.

    Parameters
    ----------
    model : PurchaseModel
        For example ``BGNBD()``.
    cells : PurchaseCells
        From `cltv.cells.purchase_cells`.
    method : {'map', 'mle'}
        With or without the prior.
    errors : {'sandwich', 'bootstrap', 'auto'}
        Where the standard errors come from: the scores of the cells, about a hundred refits with
        random weights, or the latter up to `BOOTSTRAP_ROWS` cells and the former above.

    Returns
    -------
    PurchaseFit

    Raises
    ------
    ValueError
        If nobody was observed for any time, nobody bought again, or the method or kind of errors
        is unknown.
    """
    customers = float(cells.weight.sum())
    repeat_purchases = float(weighted_total(cells.weight, cells.frequency))
    mean_age = float(weighted_total(cells.weight, cells.age)) / customers if customers else 0.0
    if not mean_age > 0:
        raise ValueError("no customer was observed for any time")
    if not repeat_purchases > 0:
        raise ValueError("no customer bought again")

    scaled = cells.scaled(mean_age)
    if errors == "auto":
        errors = "bootstrap" if len(cells) <= BOOTSTRAP_ROWS else "sandwich"
    problem = PurchaseProblem(model, scaled)
    optimum = optimise(problem, model.centre(scaled), method, errors=errors)

    known = {
        "model": model,
        "method": method,
        "customers": customers,
        "repeaters": float(cells.weight[cells.frequency > 0].sum()),
        "repeat_purchases": repeat_purchases,
        "cells": len(cells),
        "mean_age": mean_age,
        "scaled_cells": scaled,
    }
    return _fit(optimum, known)


def fit_of_optimum(optimum, fit):
    """Return the fit that another optimum on the same customers stands for.

    Parameters
    ----------
    optimum : Optimum
        Its theta are the log-parameters of the model of `fit`, times divided by its mean age.
    fit : PurchaseFit

    Returns
    -------
    PurchaseFit
    """
    kept = ("model", "method", "customers", "repeaters", "repeat_purchases", "cells", "mean_age")
    return _fit(optimum, {name: getattr(fit, name) for name in (*kept, "scaled_cells")})


def draw_parameters(fit, normals):
    """Draw parameters from their approximate posterior, normal in the log-parameters.

    Parameters
    ----------
    fit : PurchaseFit
    normals : array_like, shape (d, k)
        Standard normal numbers.

    Returns
    -------
    ndarray, shape (d, k)
        Natural parameters in the order of the model's names; the estimate itself in every row
        where there is no covariance.

    Raises
    ------
    ValueError
        If `normals` has another number of columns than the model parameters.
    """
    estimate = np.array([fit.params[name] for name in fit.model.parameter_names])
    normals = np.asarray(normals, dtype=float)
    if normals.ndim != 2 or normals.shape[1] != len(estimate):
        raise ValueError(f"normals must have shape (d, {len(estimate)}), got {normals.shape}")
    if not np.isfinite(fit.covariance).all():
        return np.tile(estimate, (len(normals), 1))
    values, vectors = np.linalg.eigh(fit.covariance)
    shift = normals @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    return estimate * np.exp(np.clip(shift, -LIMIT, LIMIT))


def _fit(optimum, known):
    model, mean_age = known["model"], known["mean_age"]
    relative = np.exp(optimum.theta)
    timed = np.array([name in model.time_parameters for name in model.parameter_names])
    natural = relative * np.where(timed, mean_age, 1.0)
    error = np.sqrt(np.diag(optimum.covariance))
    reach = np.exp(np.minimum(1.959963984540054 * error, 300.0))
    note, unidentified = boundary_note(optimum, model.parameter_names, relative)

    def named(values):
        return dict(zip(model.parameter_names, map(float, values), strict=True))

    return PurchaseFit(
        **known,
        params=named(natural),
        standard_error=named(natural * error),
        lower_95=named(natural / reach),
        upper_95=named(natural * reach),
        covariance=optimum.covariance,
        # the density of every purchase time carries one factor 1 / time
        log_likelihood=optimum.log_likelihood - known["repeat_purchases"] * np.log(mean_age),
        converged=optimum.converged,
        iterations=optimum.iterations,
        condition_number=optimum.condition_number,
        boundary=note,
        unidentified=unidentified,
        theta=optimum.theta,
    )
