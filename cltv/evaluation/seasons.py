"""Which calendar months are busier than others, as far as that can be told from chance."""

from __future__ import annotations

import numpy as np

MINIMUM_MONTHS = 24
"""Complete months of history without which a season cannot be told from a trend."""


def seasonal_index(first_month, counts):
    """Return how busy each calendar month is beside the average month.

    Parameters
    ----------
    first_month : int
        Calendar month of the first count, 1 to 12.
    counts : array_like, shape (n,)
        Counts of complete months that follow each other without gap, each at least 0.

    Returns
    -------
    ndarray, shape (12,)
        January to December, mean 1. All 1 with fewer than `MINIMUM_MONTHS` months, or where the
        differences are no larger than chance makes them.

    Raises
    ------
    ValueError
        If the month is none, or a count is negative or not finite.

    Notes
    -----
    Ratio to the centred mean of twelve months (the ends of thirteen count half), which a steady
    growth leaves alone. The logarithms of the ratios are averaged by calendar month and drawn
    towards 0 by empirical Bayes: the variance of one ratio is the larger of a count's own, 1 / n,
    and what a calendar month differs from itself in another year; what the averages vary beyond
    that is season (method of moments).
    """
    if first_month not in range(1, 13):
        raise ValueError(f"first_month must be within 1 to 12, got {first_month!r}")
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 1 or not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError("counts must be a row of finite numbers of at least 0")
    if len(counts) < MINIMUM_MONTHS:
        return np.ones(12)
    half = np.array([0.5, *np.ones(11), 0.5]) / 12
    level = np.convolve(counts, half, mode="valid")
    inside = counts[6:-6]
    month = (first_month - 1 + 6 + np.arange(len(inside))) % 12
    known = (inside > 0) & (level > 0)
    logs, month, inside = np.log(inside[known] / level[known]), month[known], inside[known]
    seen = np.bincount(month, minlength=12)
    if (seen > 0).sum() < 2:
        return np.ones(12)
    mean = np.bincount(month, weights=logs, minlength=12) / np.maximum(seen, 1)
    noise = _noise(logs, month, inside, mean)
    own = mean[seen > 0]
    season = max((own**2).sum() / (len(own) - 1) - (noise / seen[seen > 0]).mean(), 0.0)
    # with neither noise nor season there is nothing to draw towards, nor anything to draw
    weight = np.where(
        seen > 0, season / np.maximum(season + noise / np.maximum(seen, 1), 1e-300), 0
    )
    index = np.exp(weight * mean)
    return index / index.mean()


def conserved(amounts, index):
    """Spread amounts by an index without changing their sum.

    Parameters
    ----------
    amounts, index : array_like, shape (n,)
        At least 0; the index above 0.

    Returns
    -------
    ndarray, shape (n,)
    """
    amounts = np.asarray(amounts, dtype=float)
    spread = amounts * np.asarray(index, dtype=float)
    total = spread.sum()
    return spread * (amounts.sum() / total) if total > 0 else amounts


def _noise(logs, month, counts, mean):
    """Variance of one ratio: of its count, and between years where a month was seen twice."""
    by_count = float((1 / counts).mean())
    freedom = len(logs) - len(np.unique(month))
    between = float(((logs - mean[month]) ** 2).sum()) / freedom if freedom > 0 else 0.0
    return max(by_count, between)
