"""The two integrals of the Pareto/NBD: silence that ends in dropout, or in a purchase.

For a customer with x repeat purchases who is alive at time t, write

    q(u) = ((alpha + t) / (alpha + u))^(r + x) * ((beta + t) / (beta + u))^s
    K(x, t) = integral of q(u) / (beta + u) over u > t
    J(x, t, h) = integral of q(u) / (alpha + u) over t < u < t + h

q is the chance of neither a purchase nor a dropout from t to u. s K(x, t) is the chance to leave
for good without buying again, (r + x) J(x, t, h) that to buy within h. Everything the model says
about a past silence is a difference of two tails, K(x, t) - q(T) K(x, T): this has the precision of
its larger term, which is all that a chance to have left needs, and it depends on distinct
(frequency, time) only, of which there are far fewer than cells. A chance to buy can be far smaller
than such a term, and is not written as a difference.

Both are hypergeometric functions that libraries lose for large frequencies, and the same one with
purchase and dropout exchanged. Here they are Gauss-Legendre quadrature in log time
v = ln((c + u) / (c + t)), c = min(alpha, beta), in which the integrand is log-concave and smooth on
the scale of one; slopes are moments under the same nodes. Where u is so large that alpha and beta
no longer differ from it, the integrand is an exponential in v, which for small r + x + s goes on
for thousands of units: that part is in closed form. In ln(c + t) both integrals are smooth, so that
many times per frequency are interpolated from Chebyshev points.
"""

from __future__ import annotations

import numpy as np

from cltv.purchase.quadrature import chebyshev, interpolation, legendre, points_needed

# a tail beyond this many e-folds is below the last digit, and so is what is beside such a power
_FOLDS = 40.0
_BLOCK = 32_768
_NODES = np.array([24, 32, 48, 72, 112, 176, 256])


def tail(params, pairs, moments=False):
    """Integrate the tail K and, on demand, its moments at distinct (frequency, time) pairs.

    Parameters
    ----------
    params : sequence
        r, alpha, s, beta.
    pairs : FrequencyTimes
        p pairs.
    moments : bool
        Whether the slopes are needed, too.

    Returns
    -------
    ndarray, shape (p,) or (5, p)
        K, and with `moments` the integrals of q(u) / (beta + u) times
        ln((alpha + u) / (alpha + t)), ln((beta + u) / (beta + t)), (u - t) / (alpha + u) and
        (u - t) / (beta + u).
    """
    r, alpha, s, beta = params
    nearest = min(alpha, beta)

    def integrate(x, t):
        return _integrate(r + x, alpha, np.full(len(x), s), beta, t, np.inf, moments)

    def scale(x, t):
        # rate at which the integrand falls at first: K times this is of order one
        return s + (r + x) * ((beta + t) / (alpha + t))

    result = _at_pairs(integrate, scale, nearest, pairs, 5 if moments else 1, np.pi)
    return result if moments else result[0]


def purchase_ahead(params, pairs, ahead):
    """Integrate J, the chance of a purchase within every horizon over r + x.

    Parameters
    ----------
    params : sequence
        r, alpha, s, beta.
    pairs : FrequencyTimes
        p pairs; the times are ages.
    ahead : ndarray, shape (m,)
        Time units ahead, >= 0.

    Returns
    -------
    ndarray, shape (m, p)
    """
    r, alpha, s, beta = params
    nearest = min(alpha, beta)
    result = np.zeros((len(ahead), len(pairs.frequency)))
    for row in np.flatnonzero(ahead > 0):
        time = ahead[row]

        def integrate(x, t, time=time):
            return _integrate(np.full(len(x), s), beta, r + x, alpha, t, time, False)

        def scale(x, t, time=time):
            fall = r + x + s * ((alpha + t) / (beta + t))
            return fall + 1.0 / np.log1p(time / (alpha + t))

        # beyond a right angle in the plane of complex times a silence grows without bounds
        result[row] = _at_pairs(integrate, scale, nearest, pairs, 1, 0.5 * np.pi)[0]
    return result


def _at_pairs(integrate, scale, nearest, pairs, rows, strip):
    """Apply `integrate` to all pairs, or to Chebyshev points where a frequency has many times.

    Times `scale` the integrals are of order one and, in ln(nearest + t), analytic in a strip of
    half-width `strip`.
    """
    x, t = pairs.frequency, pairs.time
    if not len(x):
        return np.empty((rows, 0))
    low, high = t.min(), t.max()
    start, length = np.log(nearest + low), np.log1p((high - low) / (nearest + low))
    points = points_needed(length, strip)
    few, many, crowd_x, row, times, time_index = pairs.crowds(points)
    grid = (nearest + low) * np.exp(length * chebyshev(points)[0]) - nearest
    grid_x = np.repeat(crowd_x, points)
    grid_t = np.tile(grid, len(crowd_x))
    values = integrate(np.concatenate([x[few], grid_x]), np.concatenate([t[few], grid_t]))
    result = np.empty((rows, len(x)))
    result[:, few] = values[:, : len(few)]
    if len(many):
        on_grid = values[:, len(few) :] * scale(grid_x, grid_t)
        on_grid = on_grid.reshape(rows, -1, points)
        weights = interpolation((np.log(nearest + times) - start) / length, points)
        for block in range(0, len(row), _BLOCK):
            part = slice(block, block + _BLOCK)
            where = many[part]
            spread = np.einsum("mpk,pk->mp", on_grid[:, row[part]], weights[time_index[part]])
            result[:, where] = spread / scale(x[where], t[where])
    return result


def _integrate(other, alpha, own, beta, t, ahead, moments):
    """Integrate q(u) / (beta + u) from t to t + ahead at every pair, shape (1 or 5, p).

    q(u) has the powers `other` of (alpha + t) / (alpha + u) and `own` of (beta + t) / (beta + u).
    """
    alpha_near = alpha <= beta
    near = min(alpha, beta)
    kappa = abs(alpha - beta) / (near + t)
    if alpha_near:
        fall, turn, factor = other - 1.0, own + 1.0, 1.0 / (1.0 + kappa)
    else:
        fall, turn, factor = own, other, 1.0
    first, last = fall + turn / (1.0 + kappa), fall + turn
    end = np.log1p(ahead / (near + t))
    # from here on kappa e^-v and e^-v are nothing beside 1
    bent = _FOLDS + np.log(np.maximum(kappa, 1.0))
    reach = (_FOLDS + turn * np.log1p(kappa)) / last
    reach = np.minimum(reach, _FOLDS / np.maximum(first, 1e-300))
    reach = np.minimum(np.minimum(reach, end), bent)
    result = np.empty((5 if moments else 1, len(t)))
    nodes = _nodes_needed(reach, kappa)
    for number in np.unique(nodes):
        members = np.flatnonzero(nodes == number)
        block = max(_BLOCK // int(number), 1)
        for begin in range(0, len(members), block):
            part = members[begin : begin + block]
            result[:, part] = _quadrature(
                int(number), reach[part], fall[part], turn[part], kappa[part], moments
            )
    part = np.flatnonzero((reach == bent) & (end > bent))
    if len(part):
        result[:, part] += _beyond(
            reach[part], end[part], last[part], turn[part], kappa[part], moments
        )
    result *= factor
    if moments and not alpha_near:
        result = result[[0, 2, 1, 4, 3]]
    return result


def _beyond(start, end, last, turn, kappa, moments):
    """Return the same moments as `_quadrature` over v in (start, end), where kappa e^-v is 0."""
    behind = np.log1p(kappa)
    density = np.exp(turn * behind - last * start)
    mass = density * -np.expm1(-last * (end - start)) / last
    if not moments:
        return mass[None]
    late = density / last**2
    return np.array([mass, start * mass + late, (start - behind) * mass + late, mass, mass])


def _quadrature(number, reach, fall, turn, kappa, moments):
    """Moments of exp(-fall v - turn ln ratio(v)) over v in (0, reach), one column per pair."""
    node, weight = legendre(number)
    node, weight = node[:, None], weight[:, None]
    v = node * reach
    shrunk = np.exp(-v)
    bend = 1.0 + kappa * shrunk
    log_ratio = v + np.log(bend / (1.0 + kappa))
    density = weight * np.exp(-fall * v - turn * log_ratio)
    if not moments:
        return (reach * density.sum(axis=0))[None]
    gone = density * (1.0 - shrunk)
    return reach * np.array(
        [
            density.sum(axis=0),
            (density * v).sum(axis=0),
            (density * log_ratio).sum(axis=0),
            gone.sum(axis=0),
            (gone / bend).sum(axis=0),
        ]
    )


def _nodes_needed(reach, kappa):
    """Nodes for each pair: more where log time is long and bends at ln kappa on the way."""
    needed = np.where(kappa > 0.2, 20.0 + 1.5 * reach, 24.0 + 0.2 * reach)
    return _NODES[np.minimum(np.searchsorted(_NODES, needed), len(_NODES) - 1)]
