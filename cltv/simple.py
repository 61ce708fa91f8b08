"""The textbook formulas: value as a product of three averages, and what retention implies."""

from __future__ import annotations

import numpy as np
from scipy.special import xlog1py


def simple_lifetime_value(average_order_value, orders_per_year, lifespan_years):
    """Average order value x orders per year x years: 100 x 12 x 3 = 3600.

    Parameters
    ----------
    average_order_value : array_like
        Money per order; the result is in the same currency and on the same basis.
    orders_per_year : array_like
        Orders per customer and year, >= 0.
    lifespan_years : array_like
        Years that a customer stays, >= 0.

    Returns
    -------
    float or ndarray
        Undiscounted value of one customer.

    Raises
    ------
    ValueError
        If an input is not finite, or orders or years are negative.

    Notes
    -----
    Assumes constant buying up to a known end. It knows nothing of who has already left.
    """
    value = _finite(average_order_value, "average_order_value")
    orders = _finite(orders_per_year, "orders_per_year", low=0.0)
    years = _finite(lifespan_years, "lifespan_years", low=0.0)
    return _plain(value * orders * years)


def discounted_simple_value(yearly_value, years, annual_rate, timing="continuous"):
    """What a steady yearly value over some years is worth today.

    Parameters
    ----------
    yearly_value : array_like
        Money a year: average order value x margin x orders per year.
    years : array_like
        Years that it lasts, >= 0; whole months with `timing="end_of_month"`.
    annual_rate : float
        What a year of waiting takes off, > -1: 0.1 makes 110 next year worth 100 today.
    timing : {"continuous", "end_of_month"}
        Money comes in all the time, or at the end of each month at the monthly rate
        (1 + annual_rate)^(1/12) - 1.

    Returns
    -------
    float or ndarray
        100 x 12 x 80 % over three years at 10 %: 2504.85 continuously, 2494.92 at month ends.

    Raises
    ------
    ValueError
        If an input is not finite, years are negative or not whole months, or the rate is -1 or
        below.
    """
    value = _finite(yearly_value, "yearly_value")
    span = _finite(years, "years", low=0.0)
    rate = float(_finite(annual_rate, "annual_rate"))
    if rate <= -1:
        raise ValueError(f"annual_rate must be above -1, got {rate:g}")
    force = np.log1p(rate)
    if timing == "continuous":
        step, periods = force, span
    elif timing == "end_of_month":
        step, periods = np.expm1(force / 12), span * 12
        if np.abs(periods - np.rint(periods)).max(initial=0.0) > 1e-9:
            raise ValueError("years must be whole months with timing end_of_month")
    else:
        raise ValueError(f"timing must be continuous or end_of_month, got {timing!r}")
    per_period = value if timing == "continuous" else value / 12
    worth = periods if step == 0 else -np.expm1(-force * span) / step
    return _plain(per_period * worth)


def lifespan_years(yearly_retention):
    """Return the expected years as a customer under constant retention, 1 / (1 - r).

    Parameters
    ----------
    yearly_retention : array_like
        Share of customers who stay from one year to the next, 0 <= r < 1.

    Returns
    -------
    float or ndarray
        Years, the first included: 1 at r = 0.

    Raises
    ------
    ValueError
        If r lies outside [0, 1): at r = 1 a lifespan has no end.
    """
    retention = _finite(yearly_retention, "yearly_retention", low=0.0)
    if (retention >= 1).any():
        raise ValueError(f"yearly_retention must be below 1, got {retention.max():g}")
    return _plain(1.0 / (1.0 - retention))


def expected_active_years(yearly_retention, years):
    """Return the expected years as a customer within `years`: the sum of r^k for k < years.

    Parameters
    ----------
    yearly_retention : array_like
        Share of customers who stay from one year to the next, 0 <= r <= 1.
    years : array_like of int
        Length of the horizon, whole years >= 0.

    Returns
    -------
    float or ndarray
        Years; at most `years`, and at most `lifespan_years(r)`.

    Raises
    ------
    ValueError
        If r lies outside [0, 1], or years are negative or not whole.
    """
    retention = _finite(yearly_retention, "yearly_retention", low=0.0)
    count = _finite(years, "years", low=0.0)
    if (retention > 1).any():
        raise ValueError(f"yearly_retention must be at most 1, got {retention.max():g}")
    if (count != np.floor(count)).any():
        raise ValueError("years must be whole numbers")
    loss = 1.0 - retention
    safe = np.where(loss > 0, loss, 1.0)
    # in logs, which keeps the digits where r is close to 1; xlog1py knows 0 years at r = 0
    total = -np.expm1(xlog1py(count, -safe)) / safe
    return _plain(np.where(loss > 0, total, count))


def _finite(value, name, low=None):
    array = np.asarray(value, dtype=float)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite")
    if low is not None and (array < low).any():
        raise ValueError(f"{name} must be at least {low:g}, got {array.min():g}")
    return array


def _plain(array):
    return float(array) if np.ndim(array) == 0 else array
