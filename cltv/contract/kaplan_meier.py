"""Kaplan-Meier: survival as observed, without a model, to hold the models against.

Sources: Kaplan & Meier (1958), "Nonparametric estimation from incomplete observations", JASA 53;
Greenwood (1926) for the variance; Kalbfleisch & Prentice (1980) for the interval on the scale of
log(-log S), which stays within 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class ObservedSurvival:
    """Survival at whole periods 0, 1, …, m, where m is the longest tenure that was seen.

    Attributes
    ----------
    period : ndarray, shape (m + 1,)
    at_risk : ndarray, shape (m + 1,)
        Contracts that were seen at this renewal; all of them at 0.
    lost : ndarray, shape (m + 1,)
        Those of them that were lost at it; 0 at 0.
    survival : ndarray, shape (m + 1,)
        Product of the shares that were not lost; within [0, 1].
    standard_error, lower_95, upper_95 : ndarray, shape (m + 1,)
        By Greenwood's formula. NaN from the period on in which the last contract at risk was
        lost; a zero error and no width before the first loss.
    """

    period: np.ndarray
    at_risk: np.ndarray
    lost: np.ndarray
    survival: np.ndarray
    standard_error: np.ndarray
    lower_95: np.ndarray
    upper_95: np.ndarray


def kaplan_meier(cells):
    """Estimate survival from censored contracts.

    Parameters
    ----------
    cells : ContractCells
        At least one cell.

    Returns
    -------
    ObservedSurvival

    Raises
    ------
    ValueError
        If there are no contracts.
    """
    if not len(cells):
        raise ValueError("no contracts to observe")
    tenure = cells.tenure.astype(np.int64)
    size = int(tenure.max()) + 1
    lost = np.bincount(tenure[cells.is_lost], weights=cells.weight[cells.is_lost], minlength=size)
    leaving = np.bincount(tenure, weights=cells.weight, minlength=size)
    at_risk = np.cumsum(leaving[::-1])[::-1]
    staying = np.where(lost < at_risk, at_risk - lost, 0.0)
    survival = np.cumprod(staying / at_risk)
    # the variance of ln S; without a survivor there is none
    steps = np.full(size, np.nan)
    known = staying > 0
    steps[known] = lost[known] / (at_risk[known] * staying[known])
    spread = np.sqrt(np.cumsum(steps))
    lower, upper = _log_log_interval(survival, spread)
    return ObservedSurvival(
        period=np.arange(size, dtype=float),
        at_risk=at_risk,
        lost=lost,
        survival=survival,
        standard_error=survival * spread,
        lower_95=lower,
        upper_95=upper,
    )


def _log_log_interval(survival, spread):
    inside = (survival > 0) & (survival < 1)
    lower = np.where(survival >= 1, 1.0, np.nan)
    upper = lower.copy()
    log_level = np.log(survival[inside])
    # far in the tail of a tiny sample the factor has no bound; exp(-700) is as good as 0
    reach = np.minimum(_NORMAL_95 * spread[inside] / -log_level, 700.0)
    lower[inside] = np.exp(np.maximum(log_level * np.exp(reach), -700.0))
    upper[inside] = np.exp(log_level * np.exp(-reach))
    return lower, upper
