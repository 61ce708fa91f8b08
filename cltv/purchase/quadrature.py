"""Nodes and weights that the purchase models share."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.linalg import eigh_tridiagonal

# minus the log of the relative error wanted of an interpolation
_LOG_PRECISION = 27.0


@cache
def legendre(number):
    """Gauss-Legendre quadrature on (0, 1).

    Parameters
    ----------
    number : int
        Nodes.

    Returns
    -------
    node, weight : ndarray, shape (number,)
        The weights add up to 1.
    """
    node, weight = np.polynomial.legendre.leggauss(number)
    return 0.5 * (node + 1.0), 0.5 * weight


def beta_nodes(a, b, number):
    """Gaussian quadrature over a beta distribution.

    Parameters
    ----------
    a, b : float
        Shapes, > 0; any size.
    number : int
        Nodes.

    Returns
    -------
    node, weight : ndarray, shape (number,)
        Ascending nodes in (0, 1); the weights add up to 1.

    Notes
    -----
    Golub & Welsch (1969), from the recurrence of the Jacobi polynomials: normalised from the
    start, so that it holds where gamma functions of the shapes overflow.
    """
    n = np.arange(1.0, number)
    s = a + b - 2.0
    middle = (2 * n * (n + s + 1) + s * a) / ((2 * n + s) * (2 * n + s + 2))
    side = n * (n + b - 1) * (n + a - 1) / ((2 * n + s) ** 2 * (2 * n + s + 1))
    # the factor (n + s) / (2 n + s - 1) is 1 at n = 1, where both may vanish
    side[1:] *= (n[1:] + s) / (2 * n[1:] + s - 1)
    nodes, vectors = eigh_tridiagonal(np.concatenate([[a / (a + b)], middle]), np.sqrt(side))
    return np.maximum(nodes, 1e-200), vectors[0] ** 2


def points_needed(length, strip=np.pi):
    """Chebyshev points for a function of a logarithm that is analytic where its argument is.

    Parameters
    ----------
    length : float
        Length of the interval on the log scale.
    strip : float
        How far beside it the function is analytic and of its own size. The nearest singularity
        lies pi beside it, on the negative half of the argument.

    Returns
    -------
    int
    """
    half = max(0.5 * length, 1e-3)
    return int(np.ceil(_LOG_PRECISION / np.arcsinh(strip / half))) + 1


@cache
def chebyshev(points):
    """Chebyshev points on (0, 1).

    Parameters
    ----------
    points : int

    Returns
    -------
    node, weight : ndarray, shape (points,)
        The points and their barycentric weights.
    """
    angle = (np.arange(points) + 0.5) * (np.pi / points)
    return 0.5 * (1.0 - np.cos(angle)), np.sin(angle) * (-1.0) ** np.arange(points)


def interpolation(position, points):
    """Share of every Chebyshev point in the value at every position.

    Parameters
    ----------
    position : ndarray, shape (p,)
        Within [0, 1].
    points : int

    Returns
    -------
    ndarray, shape (p, points)
        Rows add up to 1. Barycentric form: Berrut & Trefethen (2004).
    """
    node, weight = chebyshev(points)
    away = position[:, None] - node
    hit = np.abs(away) < 1e-14
    away[hit] = 1.0
    share = weight / away
    share[hit.any(axis=1)] = 0.0
    share[hit] = 1.0
    return share / share.sum(axis=1, keepdims=True)


def even_points(count, width):
    """Fixed points that fill the unit cube evenly.

    Parameters
    ----------
    count : int
        Points, at least 1.
    width : int
        Dimensions.

    Returns
    -------
    ndarray, shape (count, width)
        Above 0 and below 1, the same on every call.

    Notes
    -----
    Sobol's sequence, each point moved to the middle of its cell. Every aligned stretch of a power
    of two is a net of its own, so that each member of an ensemble can be given one.
    """
    # takes a second to import, and few need it
    from scipy.stats import qmc

    power = max(int(np.ceil(np.log2(count))), 0)
    points = qmc.Sobol(width, scramble=False).random_base2(power)[:count] + 0.5 / 2**power
    return np.clip(points, 1e-9, 1.0 - 1e-9)
