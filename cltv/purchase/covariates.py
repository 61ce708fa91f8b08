"""Parameters that differ by group of customers: one joint fit, partially pooled.

One pooled fit mixes channels: right in total, it can be far off on a single channel. Here every
group has the common log-parameters plus the effects of its channel and of its type, on one
parameter of the purchase rate and one of dropout. Effects have normal priors around zero whose
standard deviations are estimated from the data (empirical Bayes): where groups do not differ, the
estimate goes to its floor and the effects with it; where they do, large groups keep their own
parameters and small ones lean on the others. A fixed standard deviation would do either too much
or too little, and nobody knows it in advance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cltv.cells import PurchaseCells
from cltv.maximum_likelihood import (
    PRIOR_SD,
    SAMPLE_ROWS,
    TWO_STAGE_ROWS,
    optimise,
    slopes_of_gradient,
)
from cltv.purchase.family import COVARIATES, EFFECT_PARAMETERS, effect_name
from cltv.purchase.fitting import fit_of_optimum

EFFECT_SDS = (0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5, 0.7, 1.0, 1.4)
"""Standard deviations of effects to choose from; at the first, groups are practically equal."""

MAXIMUM_LEVELS = 30
"""Levels of a covariate with effects of their own, the largest first; the others have none."""


@dataclass(frozen=True)
class Layout:
    """Groups of customers and the effects that apply to them.

    Attributes
    ----------
    parts : tuple of PurchaseCells, length g
        Cells of each covariate pattern, in one time unit.
    effects : tuple of (str, str), length e
        Covariate and level.
    membership : ndarray, shape (g, e)
        1 where a pattern has a level, else 0.
    """

    parts: tuple[PurchaseCells, ...]
    effects: tuple[tuple[str, str], ...]
    membership: np.ndarray

    @property
    def width(self):
        """Number of effects on each shifted parameter."""
        return len(self.effects)


def designs(groups, levels):
    """Say which effects apply to which group.

    Parameters
    ----------
    groups : mapping of str to PurchaseCells
        By covariate pattern.
    levels : mapping of str to mapping of str to str
        Level by covariate of each pattern.

    Returns
    -------
    Layout
        Covariates with a single level have no effects.
    """
    patterns = sorted(groups)
    effects = []
    for covariate in COVARIATES:
        customers = {}
        for pattern in patterns:
            level = levels[pattern][covariate]
            customers[level] = customers.get(level, 0.0) + groups[pattern].weight.sum()
        if len(customers) > 1:
            largest = sorted(customers, key=lambda level: (-customers[level], level))
            effects += [(covariate, level) for level in sorted(largest[:MAXIMUM_LEVELS])]
    membership = np.array(
        [
            [float(levels[pattern][covariate] == level) for covariate, level in effects]
            for pattern in patterns
        ]
    ).reshape(len(patterns), len(effects))
    return Layout(tuple(groups[pattern] for pattern in patterns), tuple(effects), membership)


def fit_groups(pooled, layout, method="map"):
    """Fit one model to all groups at once, starting from the pooled fit.

    Parameters
    ----------
    pooled : PurchaseFit
        Fit of the same cells without groups.
    layout : Layout
        From `designs`; times in the unit of the pooled fit.
    method : {'map', 'mle'}
        With or without the prior on the common parameters; effects always have theirs.

    Returns
    -------
    fit : PurchaseFit
        Common parameters; all else is about the joint fit.
    effects : dict of str to tuple of 4 float
        Estimate, standard error and bounds of each shift of a log-parameter, by name as in
        ``'alpha[acquisition_channel=email]'``. A negative shift of alpha means more buying, one
        of a less leaving; a positive shift of beta means less leaving.
    spread : dict of str to float
        Estimated standard deviation of the effects on each shifted parameter.

    Notes
    -----
    The standard deviations maximise the marginal likelihood under a quadratic approximation
    around the pooled fit, renewed once at the point to which it leads (Laplace's method).
    """
    model, k = pooled.model, len(pooled.params)
    shifted = [model.parameter_names.index(name) for name in EFFECT_PARAMETERS[model.name]]
    problem = _GroupProblem(
        model,
        [part.scaled(pooled.mean_age) for part in layout.parts],
        _maps(k, shifted, layout.membership),
    )
    width = layout.width
    precision = np.zeros(k + len(shifted) * width)
    precision[:k] = 0.0 if method == "mle" else PRIOR_SD**-2
    centre = np.concatenate([model.centre(pooled.scaled_cells), np.zeros(len(precision) - k)])
    theta = np.concatenate([pooled.theta, centre[k:]])

    small = problem.sample(SAMPLE_ROWS) if len(problem.weight) > TWO_STAGE_ROWS else problem
    for _ in range(2):
        precision, theta, curvature = _spread_and_mode(small, theta, centre, precision, k, width)
    optimum = optimise(
        problem, centre, method, start=theta, precision=precision, curvature=curvature
    )

    fit = fit_of_optimum(
        replace(
            optimum,
            theta=optimum.theta[:k],
            covariance=optimum.covariance[:k, :k],
        ),
        pooled,
    )
    error = np.sqrt(np.diag(optimum.covariance))
    effects, spread = {}, {}
    for block, position in enumerate(shifted):
        name = model.parameter_names[position]
        spread[name] = float(precision[k + block * width] ** -0.5)
        for offset, (covariate, level) in enumerate(layout.effects):
            at = k + block * width + offset
            shift, reach = float(optimum.theta[at]), 1.959963984540054 * float(error[at])
            effects[effect_name(name, covariate, level)] = (
                shift,
                float(error[at]),
                shift - reach,
                shift + reach,
            )
    return fit, effects, spread


class _GroupProblem:
    """All groups as one problem: common log-parameters first, then effects."""

    def __init__(self, model, parts, maps):
        self.model, self.parts, self.maps = model, parts, maps
        self.weight = np.concatenate([part.weight for part in parts])
        self.customers = self.weight.sum()
        self.core = maps[0].shape[0]

    def mean_log_likelihood(self, theta):
        total, gradient = 0.0, np.zeros(len(theta))
        for part, to_own in zip(self.parts, self.maps, strict=True):
            value, slope = self.model.log_likelihood(np.exp(to_own @ theta), part)
            total += value
            gradient += to_own.T @ slope
        return total / self.customers, gradient / self.customers

    def scores(self, theta):
        return np.concatenate(
            [
                self.model.cell_scores(np.exp(to_own @ theta), part)[1] @ to_own
                for part, to_own in zip(self.parts, self.maps, strict=True)
            ]
        )

    def hessian(self, theta):
        """Curvature of the negative mean: every group differs in its own few parameters only."""
        total = np.zeros((len(theta), len(theta)))
        for part, to_own in zip(self.parts, self.maps, strict=True):

            def downhill(own, part=part):
                return -self.model.log_likelihood(np.exp(own), part)[1]

            total += to_own.T @ slopes_of_gradient(downhill, to_own @ theta) @ to_own
        return total / self.customers

    def sample(self, rows):
        share = [part.weight.sum() / self.customers for part in self.parts]
        parts = []
        for part, fraction in zip(self.parts, share, strict=True):
            thinned = part.sample(max(1, round(rows * fraction)))
            # every group keeps its share, however few its draws
            scale = rows * fraction / thinned.weight.sum()
            parts.append(thinned.reweighted(thinned.weight * scale))
        return _GroupProblem(self.model, parts, self.maps)


def _maps(k, shifted, membership):
    """Return, for each group, the matrix from all parameters to its own, shape (k, k + 2 e)."""
    groups, width = membership.shape
    maps = []
    for group in range(groups):
        to_own = np.zeros((k, k + len(shifted) * width))
        to_own[:, :k] = np.eye(k)
        for block, position in enumerate(shifted):
            start = k + block * width
            to_own[position, start : start + width] = membership[group]
        maps.append(to_own)
    return maps


def _spread_and_mode(problem, theta, centre, precision, k, width):
    """Choose the standard deviations of the effects; return the precisions and the new mode.

    The third result is the curvature of the mean at the old one.
    """
    customers = problem.customers
    gradient = problem.mean_log_likelihood(theta)[1] * customers
    hessian = problem.hessian(theta)
    values, vectors = np.linalg.eigh(hessian * customers)
    # a direction that bends the wrong way counts by its size: a step along it must stay short
    curvature = (vectors * np.abs(values)) @ vectors.T
    # the log-likelihood as a parabola in the way from the prior's centre
    pull = curvature @ (theta - centre) + gradient

    best = None
    for rate_sd in EFFECT_SDS:
        for dropout_sd in EFFECT_SDS:
            tried = precision.copy()
            tried[k : k + width], tried[k + width :] = rate_sd**-2, dropout_sd**-2
            # the common parameters may have no prior: a whiff of one keeps the matrix regular
            matrix = curvature + np.diag(np.maximum(tried, 1e-8 * customers))
            mode = np.linalg.solve(matrix, pull)
            evidence = 0.5 * pull @ mode - 0.5 * np.linalg.slogdet(matrix)[1]
            evidence += 0.5 * np.log(tried[k:]).sum()
            if best is None or evidence > best[0]:
                best = evidence, tried, mode
    _, chosen, mode = best

    def posterior(point):
        away = point - centre
        value = problem.mean_log_likelihood(point)[0] * customers
        return value - 0.5 * (chosen @ away**2)

    step = np.clip(centre + mode - theta, -1.0, 1.0)
    here = posterior(theta)
    # the parabola is no guide far away
    for _ in range(6):
        if posterior(theta + step) > here:
            return chosen, theta + step, hessian
        step = 0.5 * step
    return chosen, theta, hessian
