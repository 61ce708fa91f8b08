"""Maximum likelihood and MAP on weighted cells, for any model with analytic scores.

The parameters seen here are unconstrained (logarithms). The objective is a mean over customers,
so that tolerances mean the same for fifty customers and for fifty million.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from cltv.cells import weighted_total

METHODS = ("map", "mle")
PRIOR_SD = 1.5
"""Standard deviation of the normal prior on each log-parameter: a factor of 4.5 either way."""

LIMIT = np.log(1e6)
"""Log-parameters are kept within +-LIMIT around the data's own scale."""

SHAPE_RANGE = (1e-3, 2e3)
"""Outside this range (relative to the data's scale) a parameter counts as on the boundary."""

FLAT = 1e-3
"""A curvature of the mean log-likelihood below this means that the data do not decide."""

RETRY = np.log(SHAPE_RANGE[1])
"""A log-parameter this far from the data's own scale starts further searches."""

CONVERGED = 1e-4
"""Slope of the mean log-likelihood that no sample of usual size tells from zero."""

FIRST_RIDGE = 0.03
"""Share of the mean curvature that is added before the first step of a search."""

TWO_STAGE_ROWS = 40_000
SAMPLE_ROWS = 20_000

ERRORS = ("sandwich", "bootstrap")
REFITS = 100
"""Refits behind a bootstrapped standard error: its own error is then about 7 %."""


class Problem(Protocol):
    """What the optimiser needs to know about a model and its cells.

    Optional: `hessian(theta)`, that of the negative mean log-likelihood where it is to be had for
    less than central differences in every parameter; `core`, the number of leading parameters
    whose identification is judged (all by default); `reweighted(weight)`, for the bootstrap.
    """

    weight: np.ndarray

    def mean_log_likelihood(self, theta):
        """Return the mean log-likelihood per customer and its gradient.

        Parameters
        ----------
        theta : ndarray, shape (k,)
            Unconstrained parameters.

        Returns
        -------
        mean : float
        gradient : ndarray, shape (k,)
        """

    def scores(self, theta):
        """Return the slope of the log-likelihood of one customer of each cell.

        Parameters
        ----------
        theta : ndarray, shape (k,)
            Unconstrained parameters.

        Returns
        -------
        ndarray, shape (n, k)
        """

    def sample(self, rows):
        """Return a smaller problem that stands for this one.

        Parameters
        ----------
        rows : int
            At most this many cells are kept.

        Returns
        -------
        Problem
        """


@dataclass(frozen=True)
class Optimum:
    """Where the search ended and how well the data pin that point down.

    Attributes
    ----------
    theta : ndarray, shape (k,)
        Unconstrained parameters.
    covariance : ndarray, shape (k, k)
        Sandwich covariance of `theta`; NaN where the curvature is not positive.
    log_likelihood : float
        Total over customers, without the prior, in the unit of the problem.
    converged : bool
        The projected gradient vanished.
    iterations : int
        Evaluations of the full likelihood up to the optimum, those of the sample included.
    condition_number, smallest_eigenvalue : float
        Of the Hessian of the mean log-likelihood without the prior.
    flat_direction : ndarray, shape (k,)
        Absolute loadings of the eigenvector of the smallest eigenvalue.
    """

    theta: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    converged: bool
    iterations: int
    condition_number: float
    smallest_eigenvalue: float
    flat_direction: np.ndarray


def optimise(
    problem,
    centre,
    method="map",
    start=None,
    precision=None,
    errors="sandwich",
    curvature=None,
):
    """Fit one problem and derive robust standard errors.

    Parameters
    ----------
    problem : Problem
        Model and weighted cells, scaled so that typical parameters are of order one.
    centre : ndarray, shape (k,)
        Start of the search and mean of the prior.
    method : {'map', 'mle'}
        With or without the normal prior of standard deviation `PRIOR_SD`.
    start : ndarray, shape (k,), optional
        A point already close to the optimum: the curvature there shows the way.
    precision : ndarray, shape (k,), optional
        Precisions of the normal prior on each parameter, instead of those that `method` implies.
        These are taken as knowledge: the errors of parameters that the prior holds include it.
    errors : {'sandwich', 'bootstrap'}
        From the scores of the cells, or from `REFITS` refits with random weights.
    curvature : ndarray, shape (k, k), optional
        Hessian of the negative mean log-likelihood near `start`, where it is known already.

    Returns
    -------
    Optimum

    Raises
    ------
    ValueError
        If the method or the kind of errors is unknown.

    Notes
    -----
    Projected BFGS, which sets out with the curvature that the spread of the scores tells (Berndt,
    Hall, Hall & Hausman 1974), then Newton steps with the Hessian that the standard errors need
    anyway. More than `TWO_STAGE_ROWS` cells: BFGS runs on a systematic sample, whose Hessian then
    leads to the summit of all cells in a few evaluations, and serves the standard errors.
    Sandwich covariance: Huber (1967), White (1982). Bootstrap with exponential weights per
    customer: Rubin (1981).
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if errors not in ERRORS:
        raise ValueError(f"errors must be one of {', '.join(ERRORS)}, got {errors!r}")
    customers = problem.weight.sum()
    held = precision is not None
    if not held:
        precision = np.full(len(centre), 0.0 if method == "mle" else PRIOR_SD**-2)
    precision = precision / customers

    def objective_of(part):
        return _Objective(part, centre, precision)

    full = objective_of(problem)
    # what curvature is taken from: a sample tells it well enough, and far cheaper
    small, inverse = full, None
    theta = np.array(centre if start is None else start, dtype=float)
    if len(problem.weight) > TWO_STAGE_ROWS:
        small = objective_of(problem.sample(SAMPLE_ROWS))
        if start is None:
            theta = _search(small, theta, centre, inverse=_first_inverse(small, theta))
    if curvature is not None:
        inverse = _inverse(curvature + np.diag(precision))
    elif small is not full or start is not None:
        inverse = _inverse(small.hessian(theta))
    if small is not full and start is not None:
        theta = _search(small, theta, centre, inverse=inverse)
    elif inverse is None:
        inverse = _first_inverse(full, theta)
    theta = _search(full, theta, centre, inverse=inverse)
    lost = _size(theta - centre) > RETRY or not _projected_gradient(full, theta, centre) < CONVERGED
    if start is None and lost:
        # a plateau far out may hide a summit nearer by: look again, downhill at first and without
        # any curvature that could lead there, and from the other side
        for first in (centre, centre - np.clip(theta - centre, -2.0, 2.0)):
            again = _search(full, first, centre)
            theta = min(theta, again, key=lambda point: full(point)[0])
    hessian = small.hessian(theta)
    theta = _newton(full, theta, centre, hessian, steps=3, tolerance=1e-13)
    evaluations = full.evaluations + (small.evaluations if small is not full else 0)

    mean = full.mean_log_likelihood(theta)
    core = getattr(problem, "core", len(theta))
    plain = (hessian - np.diag(precision))[:core, :core]
    # nothing to decompose where the likelihood left the numbers: that fit has not converged
    values, vectors = np.linalg.eigh(np.where(np.isfinite(plain).all(), plain, 0.0))
    smallest = float(values[0])
    covariance = _sandwich(problem, theta, hessian, customers, precision if held else None)
    if errors == "bootstrap" and np.isfinite(covariance).all():
        covariance = _bootstrap(problem, theta, centre, hessian, precision)
    return Optimum(
        theta=theta,
        covariance=covariance,
        log_likelihood=float(mean * customers),
        converged=bool(np.isfinite(mean) and _projected_gradient(full, theta, centre) < CONVERGED),
        iterations=int(evaluations),
        condition_number=float(values[-1] / smallest) if smallest > 0 else float("inf"),
        smallest_eigenvalue=smallest,
        flat_direction=np.abs(vectors[:, 0]),
    )


def boundary_note(optimum, names, relative):
    """Say which parameters the data do not pin down.

    Parameters
    ----------
    optimum : Optimum
        Result of `optimise`.
    names : sequence of str, length k
        Parameter names.
    relative : ndarray, shape (k,)
        Natural parameters relative to the data's scale (shapes as they are).

    Returns
    -------
    note : str or None
        For example ``'b at its limit'``; None where every parameter is well inside.
    unidentified : tuple of str
        The parameters that the note names.
    """
    low, high = SHAPE_RANGE
    at_limit = [
        name for name, value in zip(names, relative, strict=True) if not low <= value <= high
    ]
    parts = [f"{', '.join(at_limit)} at its limit"] if at_limit else []
    flat = []
    if optimum.smallest_eigenvalue < FLAT:
        flat = [
            name
            for name, loading in zip(names, optimum.flat_direction, strict=True)
            if loading > 0.3
        ]
        parts.append(f"likelihood flat in {', '.join(flat)}")
    return "; ".join(parts) or None, tuple(dict.fromkeys(at_limit + flat))


class _Objective:
    """Negative mean log posterior; counts its evaluations and remembers the latest of them."""

    # a Hessian takes one evaluation more than there are parameters, and its middle is wanted again
    _REMEMBERED = 8

    def __init__(self, problem, centre, precision):
        self.problem, self.centre, self.precision = problem, centre, precision
        self.evaluations = 0
        self._known = {}

    def __call__(self, theta):
        key = theta.tobytes()
        if key not in self._known:
            value, gradient = self.problem.mean_log_likelihood(theta)
            away = theta - self.centre
            value = -value + 0.5 * (self.precision @ away**2)
            gradient = -gradient + self.precision * away
            self.evaluations += 1
            if len(self._known) == self._REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = value, gradient
        return self._known[key]

    def mean_log_likelihood(self, theta):
        """Mean log-likelihood per customer, without the prior."""
        return 0.5 * (self.precision @ (theta - self.centre) ** 2) - self(theta)[0]

    def hessian(self, theta):
        """Curvature at theta, shape (k, k)."""
        if hasattr(self.problem, "hessian"):
            return self.problem.hessian(theta) + np.diag(self.precision)
        return slopes_of_gradient(lambda point: self(point)[1], theta)


def slopes_of_gradient(gradient, theta, width=1e-5):
    """Hessian from forward differences of an analytic gradient.

    Parameters
    ----------
    gradient : callable
        From parameters, shape (k,), to slopes, shape (k,).
    theta : ndarray, shape (k,)
        Parameters of order one.
    width : float
        Step. Its error is about `width` times a third derivative of order one, far less than any
        standard error can tell; central differences would take twice the evaluations.

    Returns
    -------
    ndarray, shape (k, k)
        Symmetric.
    """
    here = gradient(theta)
    hessian = np.array([gradient(theta + step) - here for step in width * np.eye(len(theta))])
    return (hessian + hessian.T) / (2.0 * width)


def _inverse(hessian):
    """Inverse of a Hessian that may bend the wrong way: there its size says how far to go."""
    if not np.isfinite(hessian).all():
        return None
    values, vectors = np.linalg.eigh(hessian)
    values = np.maximum(np.abs(values), max(1e-6 * np.abs(values).max(), 1e-300))
    return (vectors / values) @ vectors.T


def _first_inverse(objective, theta):
    """Inverse of the curvature that the spread of the scores tells: one pass over the cells."""
    problem = objective.problem
    spread = _score_spread(problem, theta) / problem.weight.sum()
    # far from the summit some directions seem flatter than they are: a ridge keeps steps short
    ridge = FIRST_RIDGE * np.trace(spread) / len(theta)
    return _inverse(spread + np.diag(objective.precision + ridge))


def _score_spread(problem, theta):
    """Sum over customers of the outer product of their scores about the mean, shape (k, k)."""
    scores = problem.scores(theta)
    # away from a plain optimum the scores do not add up to zero: only their spread is noise
    scores = scores - weighted_total(problem.weight, scores) / problem.weight.sum()
    return np.einsum("ni,nj->ij", scores, scores * problem.weight[:, None])


def _search(objective, theta, centre, tolerance=1e-7, iterations=300, inverse=None):
    """Projected BFGS with backtracking inside centre +- LIMIT; `inverse` Hessian to start with.

    For a handful of parameters a dense update in numpy costs microseconds. Library optimisers hand
    such tiny systems to threaded linear algebra, which on a busy machine waits for its threads.
    """
    low, high = centre - LIMIT, centre + LIMIT
    theta = np.clip(theta, low, high)
    value, gradient = objective(theta)
    fresh, was_free, idle = inverse is None, None, 0
    if fresh:
        inverse = np.eye(len(theta))
    for _ in range(iterations):
        free = ~(((theta <= low) & (gradient > 0)) | ((theta >= high) & (gradient < 0)))
        slope = np.where(free, gradient, 0.0)
        if _size(slope) < tolerance:
            break
        if was_free is not None and (free != was_free).any():
            inverse, fresh = np.eye(len(theta)), True
        was_free = free
        direction = np.where(free, -(inverse @ slope), 0.0)
        if not direction @ slope < 0:
            inverse, fresh, direction = np.eye(len(theta)), True, -slope
        # no step multiplies a parameter by more than e squared: far out the slope is no guide
        direction *= min(1.0, 2.0 / _size(direction))
        found = _line_search(objective, theta, value, gradient, direction, low, high)
        if found is None:
            if fresh:
                break
            inverse, fresh = np.eye(len(theta)), True
            continue
        target, reached, moved = found
        # a few steps without gain: the rest is the business of Newton's method, or a plateau
        idle = idle + 1 if _same(reached, value) else 0
        if idle > 5:
            break
        value = reached
        inverse, fresh = _bfgs_update(inverse, fresh, target - theta, moved - gradient)
        theta, gradient = target, moved
    return theta


def _line_search(objective, theta, value, gradient, direction, low, high):
    """Halve the step until the value falls enough; None where it never does."""
    free, step = direction != 0, 1.0
    for _ in range(40):
        target = np.minimum(np.maximum(theta + step * direction, low), high)
        reached, moved = objective(target)
        if reached <= value + 1e-4 * (gradient @ (target - theta)):
            return target, reached, moved
        # at the limit of rounding the value says nothing any more, but the slope still does
        if _same(reached, value):
            flatter = _size(moved[free]) < _size(gradient[free])
            return (target, reached, moved) if flatter else None
        step *= 0.5
    return None


def _same(value, other):
    return abs(value - other) <= 1e-12 * (1.0 + abs(other))


def _size(vector):
    return np.abs(vector).max()


def _bfgs_update(inverse, fresh, step, change):
    curvature = step @ change
    if not curvature > 1e-10 * np.sqrt((step @ step) * (change @ change)):
        return inverse, fresh
    if fresh:
        inverse = inverse * (curvature / (change @ change))
    along = inverse @ change
    cross = step[:, None] * along
    stretch = (1.0 + change @ along / curvature) * (step[:, None] * step)
    return inverse + (stretch - cross - cross.T) / curvature, False


def _newton(objective, theta, centre, hessian, steps, tolerance):
    """Newton steps with a fixed Hessian, kept only while the gradient shrinks inside the bounds."""
    try:
        factor = cho_factor(hessian)
    except (np.linalg.LinAlgError, ValueError):
        return theta
    _, gradient = objective(theta)
    size = _size(gradient)
    for _ in range(steps):
        if size < tolerance:
            break
        target = theta - cho_solve(factor, gradient)
        if not (_size(target - theta) < 1.0 and _inside(target, centre)):
            break
        _, moved = objective(target)
        if not _size(moved) < 0.7 * size:
            break
        theta, gradient, size = target, moved, _size(moved)
    return theta


def _inside(theta, centre):
    return bool((np.abs(theta - centre) < LIMIT).all())


def _projected_gradient(objective, theta, centre):
    _, gradient = objective(theta)
    low, high = centre - LIMIT, centre + LIMIT
    return _size(np.clip(theta - gradient, low, high) - theta)


def _sandwich(problem, theta, hessian, customers, precision=None):
    """H^-1 J H^-1 with J from per-cell scores: honest where the model is only nearly right.

    Where the prior counts as knowledge, J includes its precision: a parameter that the prior
    alone decides keeps the prior's own spread.
    """
    try:
        factor = cho_factor(hessian * customers)
    except (np.linalg.LinAlgError, ValueError):
        return np.full(hessian.shape, np.nan)
    outer = _score_spread(problem, theta)
    if precision is not None:
        outer += np.diag(precision * customers)
    # as a square: the product of three loses the sign of a variance that is next to nothing
    sizes, directions = np.linalg.eigh(outer)
    root = cho_solve(factor, directions * np.sqrt(np.maximum(sizes, 0.0)))
    return root @ root.T


def _bootstrap(problem, theta, centre, hessian, precision):
    """Covariance of refits in which every customer counts a random, exponential number of times.

    A cell of w customers then weighs Gamma(w). Refits start where one Newton step from the scores
    leads, which is close.
    """
    customers = problem.weight.sum()
    inverse = np.linalg.inv(hessian)
    scores = problem.scores(theta)
    random = np.random.default_rng(0)
    refits = np.empty((REFITS, len(theta)))
    for position in range(REFITS):
        weight = random.standard_gamma(problem.weight)
        # a weight of exactly zero would be no cell
        weight = np.maximum(weight, 1e-300)
        total = weight.sum()
        objective = _Objective(problem.reweighted(weight), centre, precision * customers / total)
        slope = weighted_total(weight, scores) / total - objective.precision * (theta - centre)
        guess = theta + np.clip(inverse @ slope, -1.0, 1.0)
        refits[position] = _search(
            objective, guess, centre, 0.01 / np.sqrt(customers), iterations=20, inverse=inverse
        )
    return np.cov(refits, rowvar=False)
