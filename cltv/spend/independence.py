"""Does spend per purchase depend on how often a customer buys? The models assume not."""

from __future__ import annotations

import numpy as np

from cltv.cells import weighted_total


def weighted_correlation(left, right, weight):
    """Pearson correlation over customers.

    Parameters
    ----------
    left, right : ndarray, shape (n,)
        Values per cell.
    weight : ndarray, shape (n,)
        Customers per cell.

    Returns
    -------
    float
        NaN where one side does not vary.
    """
    customers = weight.sum()
    if not customers > 0:
        return float("nan")
    left = left - weighted_total(weight, left) / customers
    right = right - weighted_total(weight, right) / customers
    spread = np.sqrt(weighted_total(weight, left**2) * weighted_total(weight, right**2))
    if not spread > 1e-12 * customers * np.abs(left).max() * np.abs(right).max():
        return float("nan")
    return float(np.clip(weighted_total(weight, left * right) / spread, -1.0, 1.0))


def rank_correlation(left, right, weight):
    """Spearman correlation over customers, ties at their mean rank.

    Parameters
    ----------
    left, right : ndarray, shape (n,)
        Values per cell.
    weight : ndarray, shape (n,)
        Customers per cell, whole numbers.

    Returns
    -------
    float
        NaN where one side does not vary.
    """
    return weighted_correlation(_mean_rank(left, weight), _mean_rank(right, weight), weight)


def correlation_without_top(count, mean, weight):
    """Pearson correlation after leaving out one customer, the one with the highest mean.

    Parameters
    ----------
    count, mean : ndarray, shape (n,)
        Purchases and mean value per cell.
    weight : ndarray, shape (n,)
        Customers per cell.

    Returns
    -------
    float
        NaN where one side does not vary, or nobody is left.
    """
    if not len(mean):
        return float("nan")
    rest = np.array(weight, dtype=float)
    top = np.argmax(mean)
    rest[top] = max(rest[top] - 1.0, 0.0)
    left_in = rest > 0
    if not left_in.any():
        return float("nan")
    return weighted_correlation(count[left_in], mean[left_in], rest[left_in])


def _mean_rank(values, weight):
    _, index = np.unique(values, return_inverse=True)
    at_value = np.bincount(index, weights=weight)
    return (np.cumsum(at_value) - at_value + (at_value + 1.0) / 2.0)[index]
