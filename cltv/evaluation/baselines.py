"""Rules of thumb that every model must beat: purchases in a horizon, from what was known then.

A customer's own rate counts repeat purchases only: everybody made a first one, and nobody makes
another first one. `last_12_months` is the exception, because that is how it is used: it counts
every purchase of the year.
"""

from __future__ import annotations

import numpy as np

NAMES = (
    "run_rate",
    "last_12_months",
    "segment_mean",
    "hiatus_rule",
    "simple_lifespan",
    "retention_adjusted",
)
"""Every baseline by its name in tables."""

MINIMUM_AGE_DAYS = 90
"""A rate is taken over at least so many days: one purchase in the first three says nothing."""

HIATUS_GAPS, HIATUS_DAYS, HIATUS_SINGLE_DAYS = 2.0, 30, 182
"""Silent for longer than so many usual gaps, but no less than so many days; after one purchase."""

_YEAR = 365.0


def baseline_orders(
    frequency,
    recency_days,
    age_days,
    orders_last_year,
    segment,
    customers,
    horizon_days,
    minimum_age_days=MINIMUM_AGE_DAYS,
):
    """Predict the purchases of every row by every baseline.

    Parameters
    ----------
    frequency, recency_days, age_days : ndarray, shape (n,)
        Purchase days after the first, age at the last purchase, age; one origin.
    orders_last_year : ndarray, shape (n,)
        Purchase days in the 365 days up to the origin.
    segment : ndarray, shape (n,)
        Segment of each row: codes of channel and type.
    customers : ndarray, shape (n,)
        Customers per row.
    horizon_days : float
        Days ahead, > 0.
    minimum_age_days : float
        Least number of days that a customer's own rate is taken over.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        By the names in `NAMES`; finite and >= 0.

    Notes
    -----
    * run_rate: repeat purchases / age x horizon.
    * last_12_months: purchases of the last year / days of it lived through x horizon.
    * segment_mean: repeat purchases of the segment / its customer-days x horizon.
    * hiatus_rule: the run rate, but 0 after a silence of more than twice the customer's mean gap
      (at least 30 days; 182 days after a single purchase). After Wübben & von Wangenheim (2008),
      Journal of Marketing 72(3).
    * simple_lifespan: purchases of the last year per customer who bought in it, as long as the
      lifespan 1 / (1 - retention) lasts: the textbook formula, the same for everybody.
    * retention_adjusted: the run rate, fading by the yearly retention.
    """
    run_rate = frequency / np.maximum(age_days, minimum_age_days) * horizon_days
    lived = np.clip(age_days, minimum_age_days, max(minimum_age_days, _YEAR))
    retention = yearly_retention(recency_days, age_days, customers)
    years = horizon_days / _YEAR
    buyers = customers[orders_last_year > 0].sum()
    yearly = (customers * orders_last_year).sum() / buyers if buyers else 0.0
    return {
        "run_rate": run_rate,
        "last_12_months": orders_last_year / lived * horizon_days,
        "segment_mean": _segment_rate(frequency, age_days, segment, customers) * horizon_days,
        "hiatus_rule": np.where(is_silent(frequency, recency_days, age_days), 0.0, run_rate),
        "simple_lifespan": np.full(len(run_rate), yearly * min(years, 1.0 / (1.0 - retention))),
        "retention_adjusted": run_rate * (retention**years - 1.0) / np.log(retention) / years,
    }


def yearly_retention(recency_days, age_days, customers):
    """Return the share of the customers of at least a year who bought in the last one.

    Parameters
    ----------
    recency_days, age_days : ndarray, shape (n,)
        Age at the last purchase, and age.
    customers : ndarray, shape (n,)
        Customers per row.

    Returns
    -------
    float
        Within [.01, .95], so that it has a logarithm and a lifespan; .5 where nobody is that old.
    """
    old = age_days >= _YEAR
    known = customers[old].sum()
    if not known > 0:
        return 0.5
    stayed = customers[old & (age_days - recency_days < _YEAR)].sum()
    return float(np.clip(stayed / known, 0.01, 0.95))


def is_silent(frequency, recency_days, age_days):
    """Return whether a customer has been silent for longer than the hiatus rule allows.

    Parameters
    ----------
    frequency, recency_days, age_days : ndarray, shape (n,)
        Purchase days after the first, age at the last purchase, age.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    gap = recency_days / np.maximum(frequency, 1.0)
    allowed = np.where(frequency > 0, HIATUS_GAPS * gap, HIATUS_SINGLE_DAYS)
    return age_days - recency_days > np.maximum(allowed, HIATUS_DAYS)


def _segment_rate(frequency, age_days, segment, customers):
    codes = np.unique(segment, return_inverse=True)[1]
    repeats = np.bincount(codes, weights=customers * frequency)
    # the day of the first purchase is a day, too: nobody has lived through none
    days = np.bincount(codes, weights=customers * (age_days + 1.0))
    return (repeats / np.maximum(days, 1e-300))[codes]
