"""The one integral of the Pareto/NBD: silence that ends in dropout.

For a customer with x repeat purchases who is alive at time t, write

    w(u) = ((alpha + t) / (alpha + u))^(r + x) * ((beta + t) / (beta + u))^s / (beta + u)
    K(x, t) = integral of w(u) over u > t

s K(x, t) is the chance to leave for good without buying again. Everything the model says about
dropout is a difference of two such tails, K(x, t) - E K(x, T) with E = w-ratio of T and t: this
has the precision of its larger term, which is all that a probability needs, and it depends on
distinct (frequency, time) only, of which there are far fewer than cells.

The tail is a hypergeometric function that libraries lose for large frequencies. Here it is
Gauss-Legendre quadrature in log time v = ln((c + u) / (c + t)), c = min(alpha, beta), in which the
integrand is log-concave and smooth on the scale of one; slopes are moments under the same nodes.
In ln(c + t) the tail itself is smooth, so that many times per frequency are interpolated from
Chebyshev points.
"""

from __future__ import annotations

import numpy as np

from cltv.purchase.quadrature import chebyshev, interpolation, legendre, points_needed

# a tail beyond this many e-folds is below the last digit
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
        K, and with `moments` the integrals of w(u) times ln((alpha + u) / (alpha + t)),
        ln((beta + u) / (beta + t)), (u - t) / (alpha + u) and (u - t) / (beta + u).
    """
    _, alpha, _, beta = params
    x, t = pairs.frequency, pairs.time
    if not len(x):
        return np.empty((5, 0) if moments else 0)
    low, high = t.min(), t.max()
    nearest = min(alpha, beta)
    start, length = np.log(nearest + low), np.log1p((high - low) / (nearest + low))
    points = points_needed(length)
    few, many, crowd_x, row, times, time_index = pairs.crowds(points)
    grid = (nearest + low) * np.exp(length * chebyshev(points)[0]) - nearest
    grid_x = np.repeat(crowd_x, points)
    grid_t = np.tile(grid, len(crowd_x))
    values = _integrate(
        params, np.concatenate([x[few], grid_x]), np.concatenate([t[few], grid_t]), moments
    )
    result = np.empty((len(values), len(x)))
    result[:, few] = values[:, : len(few)]
    if len(many):
        on_grid = values[:, len(few) :] * _scale(params, grid_x, grid_t)
        on_grid = on_grid.reshape(len(values), -1, points)
        weights = interpolation((np.log(nearest + times) - start) / length, points)
        for block in range(0, len(row), _BLOCK):
            part = slice(block, block + _BLOCK)
            where = many[part]
            spread = np.einsum("mpk,pk->mp", on_grid[:, row[part]], weights[time_index[part]])
            result[:, where] = spread / _scale(params, x[where], t[where])
    return result if moments else result[0]


def _scale(params, x, t):
    """Rate at which w(u) falls at first, times beta + t: the tail times this is of order one."""
    r, alpha, s, beta = params
    return s + (r + x) * ((beta + t) / (alpha + t))


def _integrate(params, x, t, moments):
    """Quadrature at every pair, shape (1 or 5, p)."""
    r, alpha, s, beta = params
    alpha_near = alpha <= beta
    near = min(alpha, beta)
    kappa = abs(alpha - beta) / (near + t)
    if alpha_near:
        fall, turn, factor = r + x - 1.0, np.full(len(x), s + 1.0), 1.0 / (1.0 + kappa)
    else:
        fall, turn, factor = np.full(len(x), s), r + x, np.ones(len(x))
    first = fall + turn / (1.0 + kappa)
    reach = (_FOLDS + turn * np.log1p(kappa)) / (fall + turn)
    reach = np.minimum(reach, _FOLDS / np.maximum(first, 1e-300))
    result = np.empty((5 if moments else 1, len(x)))
    nodes = _nodes_needed(reach, kappa)
    for number in np.unique(nodes):
        members = np.flatnonzero(nodes == number)
        block = max(_BLOCK // int(number), 1)
        for begin in range(0, len(members), block):
            part = members[begin : begin + block]
            result[:, part] = _quadrature(
                int(number), reach[part], fall[part], turn[part], kappa[part], moments
            )
    result *= factor
    if moments and not alpha_near:
        result = result[[0, 2, 1, 4, 3]]
    return result


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
    needed = np.where(kappa > 0.2, 20.0 + 1.2 * reach, 24.0 + 0.1 * reach)
    return _NODES[np.minimum(np.searchsorted(_NODES, needed), len(_NODES) - 1)]
