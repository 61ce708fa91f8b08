"""Fit a contract model to weighted, censored contracts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cltv.contract.cells import ContractCells, contract_cells
from cltv.contract.survival_models import ContractModel
from cltv.maximum_likelihood import boundary_note, optimise


@dataclass(frozen=True)
class ContractFit:
    """Estimates of one contract model.

    Attributes
    ----------
    model : ContractModel
        What was fitted.
    method : str
        ``'map'`` or ``'mle'``.
    params : dict of str to float
        Natural parameters; time in renewal periods.
    standard_error, lower_95, upper_95 : dict of str to float
        Robust; the interval is symmetric on the log scale. NaN where the curvature is not positive,
        or all rows are alike, so that their scores have no spread to tell an error from.
    covariance : ndarray, shape (k, k)
        Of the log-parameters.
    log_likelihood : float
        Total, without the prior.
    converged : bool
    iterations : int
        Likelihood evaluations.
    condition_number : float
        Of the Hessian of the mean log-likelihood in log-parameters.
    boundary : str or None
        Which parameters the data do not pin down; None where all is well. With contracts that are
        all alike, both shapes grow without limit: the curve is known, the shapes are not.
    """

    model: ContractModel
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


class _ContractProblem:
    """A model on its cells, seen through log-parameters and a mean per contract."""

    def __init__(self, model, cells):
        self.model, self.cells, self.weight = model, cells, cells.weight

    def mean_log_likelihood(self, theta):
        total, gradient = self.model.log_likelihood(np.exp(theta), self.cells)
        contracts = self.weight.sum()
        return total / contracts, gradient / contracts

    def scores(self, theta):
        return self.model.cell_scores(np.exp(theta), self.cells)[1]

    def sample(self, rows):
        return _ContractProblem(self.model, self.cells.sample(rows))


def fit_contract_model(model, tenure, is_lost, weight=None, method="map"):
    """Fit one contract model to contracts or to weighted cells.

    Parameters
    ----------
    model : ContractModel
        For example ``ShiftedBetaGeometric()``.
    tenure : array_like, shape (n,)
        Whole periods: the renewal at which a contract was lost, or those it has survived.
    is_lost : array_like, shape (n,)
        Lost (1) or still there when last seen (0).
    weight : array_like, shape (n,), optional
        Contracts per row, > 0; 1 each by default.
    method : {'map', 'mle'}
        Maximum a posteriori under weak priors, or plain maximum likelihood.

    Returns
    -------
    ContractFit

    Raises
    ------
    ValueError
        If a row is impossible, no contract was lost, or the method is unknown.

    Notes
    -----
    The prior is normal on each log-parameter, centred on `ContractModel.centre`: the observed
    loss rate, and no dependence on time (c = 1).
    """
    return fit_cells(model, contract_cells(tenure, is_lost, weight), method)


def fit_cells(model, cells: ContractCells, method="map"):
    """Fit one contract model to cells that are already checked and collapsed.

    Parameters
    ----------
    model : ContractModel
        For example ``ShiftedBetaGeometric()``.
    cells : ContractCells
        From `cltv.contract.cells.contract_cells`.
    method : {'map', 'mle'}
        With or without the prior.

    Returns
    -------
    ContractFit

    Raises
    ------
    ValueError
        If no contract was lost, or the method is unknown.
    """
    if not cells.lost > 0:
        raise ValueError("no contract was lost")
    centre = model.centre(cells)
    optimum = optimise(_ContractProblem(model, cells), centre, method)
    natural = np.exp(optimum.theta)
    variance = np.diag(optimum.covariance)
    error = np.sqrt(np.where(variance > 0, variance, np.nan))
    reach = np.exp(np.minimum(1.959963984540054 * error, 300.0))

    note, _ = boundary_note(optimum, model.parameter_names, np.exp(optimum.theta - centre))

    def named(values):
        return dict(zip(model.parameter_names, map(float, values), strict=True))

    return ContractFit(
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
