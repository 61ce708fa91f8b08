"""The future of a BG/NBD or MBG/NBD customer who is known to be alive.

Both models agree on it: the purchase rate is gamma(r + x, alpha + age), the dropout probability
beta(a, stay + x), where stay is b for BG/NBD and b + 1 for MBG/NBD. It depends on a history
through (frequency, age) only, so that everything here works on distinct pairs.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, gammaincinv, hyp2f1, ndtri, pdtrik

# where Euler's form of the expectation loses digits or overflows, quadrature takes over
_NEAR = 1e-3
_LARGE_SHAPE = 50.0
_FAR_AHEAD, _FARTHEST = 0.9, 1e4
_SMALL = 1e-6

# quadrature: e-folds of an integrand and of a tail that count, the accuracy of interpolation in
# e-folds, the rows below which it is not worth it, the smallest probability, the shortest time, and
# the largest exponent of a step
_FOLDS = 45.0
_TAIL = 36.0
_DIGITS = 25.0
_FEW_KNOTS = 12
_TINY = 1e-200
_MOMENT = 1e-100
_TOP = 60.0
_LEGENDRE_NODES, _LEGENDRE_WEIGHTS = (
    0.5 * (part + shift)
    for part, shift in zip(np.polynomial.legendre.leggauss(24), (1.0, 0.0), strict=True)
)

# draws: a count is added up to here, and from probabilities that do not underflow
_LONG = 2000
_UNDERFLOW = -700.0
_MOST = np.iinfo(np.int32).max


def distinct_pairs(x, age):
    """Distinct (frequency, age) of many rows.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Whole numbers.
    age : ndarray, shape (n,)

    Returns
    -------
    pairs : tuple of 2 ndarray, each of shape (p,)
        Frequencies and ages, ascending.
    index : ndarray of int, shape (n,)
        Position of every row's pair.
    """
    values, position = np.unique(age, return_inverse=True)
    keys, index = np.unique(x.astype(np.int64) * len(values) + position, return_inverse=True)
    count = max(len(values), 1)
    return ((keys // count).astype(float), values[keys % count]), index


def expected_purchases(r, alpha, a, stay, x, age, ahead):
    """Purchases expected of customers known to be alive.

    Parameters
    ----------
    r, alpha, a, stay : float
        Parameters of the rate and of the dropout probability.
    x, age : ndarray, shape (n,)
        Frequency and age.
    ahead : ndarray, shape (m,)
        Time units ahead.

    Returns
    -------
    ndarray, shape (n, m)
    """
    rate = (alpha + age)[:, None]
    z = ahead / (rate + ahead)
    x = np.broadcast_to(x[:, None], z.shape)
    # removable poles at a = 1 and, for one-time buyers, at a + stay = 1; scipy's hypergeometric
    # function overflows for large parameters, the sooner the closer z is to 1, and near 1 loses
    # digits where a - r is next to a whole number, and 1 - z is rounded; a small expectation is a
    # difference of ones
    regular = (abs(a - 1.0) > _NEAR) & ((x > 0) | (abs(a + stay - 1.0) > _NEAR))
    regular &= max(r, a, stay) < _LARGE_SHAPE
    whole = abs(a - r - np.round(a - r)) < _NEAR
    stretch = ahead / rate
    regular &= (z < _FAR_AHEAD) | ((x < _LARGE_SHAPE) & (not whole) & (stretch < _FARTHEST))
    most = (r + x) * stretch
    regular &= most > _SMALL * (1.0 + (a + stay + x) / abs(a - 1.0 or 1.0))
    expected = np.empty(z.shape)
    expected[regular] = _by_euler(r, a, stay, x[regular], z[regular])
    rest = ~regular
    if rest.any():
        expected[rest] = _by_quadrature(r, a, stay, x[rest], stretch[rest])
    # no customer buys more than one who can never leave
    return np.clip(expected, 0.0, most)


def discounted_purchases(r, alpha, a, stay, x, age, discount_rate, ahead):
    """Present value of one unit per purchase expected of customers known to be alive.

    Parameters
    ----------
    r, alpha, a, stay : float
        Parameters of the rate and of the dropout probability.
    x, age : ndarray, shape (n,)
        Distinct pairs of frequency and age, ascending.
    discount_rate : float
        Continuous, per time unit, above 0.
    ahead : ndarray, shape (m,)
        Time units ahead; infinity is the whole lifetime.

    Returns
    -------
    ndarray, shape (n, m)

    Notes
    -----
    With the rate integrated out, a customer of dropout probability p buys at time u ahead with
    intensity (k / s) (1 + p u / s)^-(k + 1), where k = r + x and s = alpha + age. Its discounted
    integral is U(1, 1 - k, discount_rate s / p) in closed form for the whole lifetime, taken here
    by Gauss-Legendre quadrature in v = ln(1 + p u / s) for any horizon: smooth, positive, nothing
    to cancel. Over p see `_dropout_grid`.
    """
    result = np.zeros((len(x), len(ahead)))
    some = np.flatnonzero(ahead > _MOMENT)
    if not (len(x) and len(some)):
        return result
    starts = np.flatnonzero(np.diff(x, prepend=-1.0))
    for start, end in zip(starts, np.append(starts[1:], len(x)), strict=True):
        shape, scale = r + x[start], alpha + age[start:end]
        knots, spread = _knots(scale)
        # how far p must fall until nothing changes any more: customers then hardly ever leave
        calm = np.maximum(discount_rate * knots[0], knots[0] / ahead[some].max())
        calm /= max(shape, 1.0)
        p, weight = _dropout_grid(a, stay + x[start], calm)
        values = [_discounted(shape, knots, p, weight, discount_rate, ahead[j]) for j in some]
        values = np.stack(values, axis=1)
        if spread is not None:
            values = np.exp(spread @ np.log(values))
        result[start:end, some] = values
    return result


def _discounted(shape, scale, p, weight, discount_rate, ahead):
    """Return the discounted purchases at every scale, shape (n,), averaged over the nodes of p."""
    scale = scale[:, None]
    fall = shape * p + discount_rate * scale
    # v / p, to the horizon or to where the integrand has vanished, divided so that p may be tiny
    reach = np.minimum(_FOLDS / fall, np.log1p(_FOLDS * p / (discount_rate * scale)) / p)
    if np.isfinite(ahead):
        reach = np.minimum(reach, np.log1p(p * ahead / scale) / p)
    v = (reach * p)[:, :, None] * _LEGENDRE_NODES
    exponent = shape * v + (discount_rate * scale / p)[:, :, None] * np.expm1(v)
    inner = reach * (np.exp(-exponent) @ _LEGENDRE_WEIGHTS)
    return shape * (inner @ weight)


def _dropout_grid(a, c, calm):
    """Nodes and weights for means over p ~ beta(a, c) of functions that settle below p = `calm`.

    Trapezoidal rule in the log-odds of p, which converges exponentially wherever the function
    bends. Gauss-Jacobi nodes follow the density instead, and miss the bend of a slowly discounted
    lifetime: 40 of them are 10 % off at half a per cent a year. Beyond the bend, and where p is
    close to 1, the steps grow exponentially, so that the thin tails of small a and c cost little.
    """
    centre, width = np.log(a / c), np.sqrt(1.0 / a + 1.0 / c)
    low, high = centre - _TAIL / a - 8.0 * width, centre + _TAIL / c + 8.0 * width
    # density and function bend at the centre, where p is one half, and where customers are calm
    left, right = min(np.log(calm), centre, 0.0) - 3.0, max(centre, 0.0) + 3.0
    first = max(low, left - np.log1p(max(left - low, 0.0)))
    last = min(high, right + np.log1p(max(high - right, 0.0)))
    step = min(0.35, 0.6 * width)
    s, step = np.linspace(first, last, int((last - first) / step) + 2, retstep=True)
    below, above = np.exp(np.minimum(left - s, _TOP)), np.exp(np.minimum(s - right, _TOP))
    logit = s - below + above
    log_stay = -np.logaddexp(0.0, logit)
    density = a * (logit + log_stay) + c * log_stay
    weight = np.exp(density - density.max()) * (1.0 + below + above)
    kept = weight > 0
    p = np.maximum(np.exp((logit + log_stay)[kept]), _TINY)
    return p, weight[kept] / weight.sum()


def _knots(scale):
    """Scales to compute at and the matrix that interpolates from them; None where nothing is left.

    Chebyshev points in the logarithm of the scale, as many as its range needs: the logarithm of
    what is interpolated is analytic in a strip of half-width pi / 2 around the real axis.
    """
    low, high = np.log(scale[0]), np.log(scale[-1])
    half = 0.5 * (high - low)
    if len(scale) < _FEW_KNOTS or not half > 0:
        return scale, None
    count = int(np.ceil(_DIGITS / np.arcsinh(0.5 * np.pi / half))) + 2
    if len(scale) <= count:
        return scale, None
    angle = np.pi * np.arange(count) / (count - 1)
    sign = np.where(np.arange(count) % 2, -1.0, 1.0)
    sign[[0, -1]] *= 0.5
    knots = -np.cos(angle)
    gap = ((np.log(scale) - low) / half - 1.0)[:, None] - knots
    exact = np.abs(gap) < 1e-14
    terms = sign / np.where(exact, 1.0, gap)
    spread = terms / terms.sum(axis=1, keepdims=True)
    hit = exact.any(axis=1)
    spread[hit] = exact[hit]
    return np.exp(low + half * (knots + 1.0)), spread


def draw_purchases(r, alpha, a, stay, x, age, ahead, uniforms):
    """Draw the purchases of customers known to be alive.

    Parameters
    ----------
    r, alpha, a, stay : float
        Parameters of the rate and of the dropout probability.
    x, age : ndarray, shape (n,)
        Distinct pairs of frequency and age.
    ahead : float
        Time units ahead.
    uniforms : ndarray, shape (d, 5)
        Column 1 drives the purchases, column 2 the dropout, 3 and 4 what is too long to count.

    Returns
    -------
    ndarray of int32, shape (n, d)
    """
    if not (len(x) and ahead > 0):
        return np.zeros((len(x), len(uniforms)), dtype=np.int32)
    counts, index = np.unique(x, return_inverse=True)
    ratio = ahead / (alpha + age)
    bought, unfinished = _negative_binomial(r + x, ratio, uniforms[:, 1])
    last = _beta_geometric(a, stay + counts, uniforms[:, 2], bought.max())
    draws = np.minimum(bought, last[index])
    if len(unfinished):
        far, position = np.unique(x[unfinished], return_inverse=True)
        rate = gammaincinv((r + far)[:, None], uniforms[:, 1])[position]
        many = _poisson(rate * ratio[unfinished, None], uniforms[:, 4])
        p = np.clip(betaincinv(a, (stay + far)[:, None], uniforms[:, 2]), _TINY, 1.0 - 1e-16)
        final = np.ceil(np.log1p(-uniforms[:, 3]) / np.log1p(-p))[position]
        draws[unfinished] = np.clip(np.minimum(many, final), 0, _MOST)
    return draws


def _negative_binomial(size, ratio, uniform):
    """Quantiles for many shapes at the same levels, by adding up probabilities from 0.

    Returns the counts, int32 of shape (n, d), and the positions of the rows that were too long.
    """
    order = np.argsort(uniform)
    levels = uniform[order]
    passed = np.zeros((len(size), len(levels) + 1), dtype=np.int32)
    share = ratio / (1.0 + ratio)
    log_first = -size * np.log1p(ratio)
    rows = np.flatnonzero(log_first > _UNDERFLOW)
    unfinished = [np.flatnonzero(log_first <= _UNDERFLOW)]
    size, share, chance = size[rows], share[rows], np.exp(log_first[rows])
    total = np.zeros(len(rows))
    for count in range(_LONG):
        total += chance
        above = np.searchsorted(levels, total, side="right")
        open_ = above < len(levels)
        # every level above this total needs at least one purchase more
        passed[rows, above] += 1
        if not open_.all():
            rows, size, share = rows[open_], size[open_], share[open_]
            chance, total = chance[open_], total[open_]
        if not len(rows):
            break
        chance *= share * ((size + count) / (count + 1.0))
    unfinished.append(rows)
    return _in_order(passed, order), np.sort(np.concatenate(unfinished))


def _beta_geometric(a, c, uniform, most):
    """Quantiles of the purchases until dropout (from 1) for many c, cut off at `most`."""
    order = np.argsort(uniform)
    levels = uniform[order]
    passed = np.zeros((len(c), len(levels) + 1), dtype=np.int32)
    rows, staying = np.arange(len(c)), np.ones(len(c))
    for count in range(most):
        above = np.searchsorted(levels, 1.0 - staying, side="right")
        open_ = above < len(levels)
        passed[rows, above] += 1
        if not open_.all():
            rows, staying = rows[open_], staying[open_]
        if not len(rows):
            break
        staying *= (c[rows] + count) / (a + c[rows] + count)
    return _in_order(passed, order)


def _in_order(passed, order):
    """Add up the steps along sorted levels and return the counts in the order of the draws."""
    counts = np.cumsum(passed[:, :-1], axis=1, dtype=np.int32)
    result = np.empty_like(counts)
    result[:, order] = counts
    return result


def _poisson(mean, uniform):
    """Quantiles of Poisson counts; for large means by Cornish and Fisher's expansion."""
    z = ndtri(uniform)
    counts = np.ceil(mean + z * np.sqrt(mean) + (z * z - 1.0) / 6.0 - 0.5)
    small = mean < 50.0
    if small.any():
        level = np.broadcast_to(uniform, mean.shape)[small]
        counts[small] = np.where(
            level > np.exp(-mean[small]), np.ceil(pdtrik(level, mean[small])), 0.0
        )
    return counts


def _by_euler(r, a, stay, x, z):
    top = a + stay + x - 1.0
    tail = np.exp((a - 1.0) * np.log1p(-z)) * hyp2f1(a + stay - 1.0 - r, a - 1.0, top, z)
    return top / (a - 1.0) * (1.0 - tail)


def _by_quadrature(r, a, stay, x, stretch):
    """Return the same expectation by quadrature over p ~ beta(a, stay + x).

    `stretch` is horizon / (alpha + age). The rate is integrated in closed form, so that the
    integrand is positive and smooth and no digits cancel.
    """
    expected = np.zeros(len(x))
    some = stretch > _MOMENT
    for value in np.unique(x[some]):
        members = np.flatnonzero(some & (x == value))
        shape, times = r + value, stretch[members]
        nodes, weights = _dropout_grid(a, stay + value, 1.0 / (max(shape, 1.0) * times.max()))
        total = np.zeros(len(members))
        for p, weight in zip(nodes, weights, strict=True):
            total += weight * -np.expm1(-shape * np.log1p(p * times)) / p
        expected[members] = total
    return expected
