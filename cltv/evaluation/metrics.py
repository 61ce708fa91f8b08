"""How good were predictions? Measures over weighted rows: a row stands for `weight` customers.

Equal predictions are no ranking: wherever customers are ordered, ties count as their average over
all orders, never by the order of the rows. Each measure gives the same number for weighted rows as
for one row per customer.
"""

from __future__ import annotations

import numpy as np

ZERO_FLOOR = 1e-3
"""Least prediction that the Poisson deviance knows: one purchase among a thousand customers."""

PIT_BINS = 10


# ---------- errors


def poisson_deviance(actual, predicted, weight=None, floor=ZERO_FLOOR):
    """Return the mean Poisson deviance per customer: 0 for a perfect prediction.

    Parameters
    ----------
    actual, predicted : array_like, shape (n,)
        Counts, >= 0.
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.
    floor : float
        Predictions below it are raised to it: a prediction of zero followed by a purchase would
        cost infinitely much, and that is what the run rate says of every one-time buyer.

    Returns
    -------
    float
        NaN without customers.
    """
    actual, predicted, weight = _rows(weight, actual, predicted)
    return _one(_mean, _deviances(actual, predicted, floor), weight)


def root_mean_squared_error(actual, predicted, weight=None):
    """Return the root of the mean squared error per customer, in the unit of the input.

    Parameters
    ----------
    actual, predicted : array_like, shape (n,)
        Outcome and its prediction.
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.

    Returns
    -------
    float
        NaN without customers.
    """
    actual, predicted, weight = _rows(weight, actual, predicted)
    return float(np.sqrt(_one(_mean, (predicted - actual) ** 2, weight)))


def mean_absolute_error(actual, predicted, weight=None):
    """Return the mean absolute error per customer, which rewards predictions that are too low.

    Parameters
    ----------
    actual, predicted : array_like, shape (n,)
        Outcome and its prediction.
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.

    Returns
    -------
    float
        NaN without customers.
    """
    actual, predicted, weight = _rows(weight, actual, predicted)
    return _one(_mean, np.abs(predicted - actual), weight)


def aggregate_bias(actual, predicted, weight=None):
    """Return how far the predicted total lies above the actual one: predicted / actual - 1.

    Parameters
    ----------
    actual, predicted : array_like, shape (n,)
        Outcome and its prediction.
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.

    Returns
    -------
    float
        NaN where the actual total is not above 0.
    """
    actual, predicted, weight = _rows(weight, actual, predicted)
    return float(_ratio((weight * predicted).sum(), (weight * actual).sum()) - 1.0)


def brier_score(active, probability, weight=None):
    """Return the mean squared error of a probability: 0 at best.

    Parameters
    ----------
    active : array_like, shape (n,)
        Whether the event came true; any number above 0 is true, so that counts will do.
    probability : array_like, shape (n,)
        Within [0, 1].
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.

    Returns
    -------
    float
        NaN without customers.
    """
    active, probability, weight = _rows(weight, active, probability)
    return _one(_mean, (probability - (active > 0)) ** 2, weight)


# ---------- rankings


def normalised_gini(actual, predicted, weight=None):
    """Return how well a prediction ranks: 1 as well as the outcome itself, 0 by chance.

    Parameters
    ----------
    actual, predicted : array_like, shape (n,)
        Outcome and its prediction.
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.

    Returns
    -------
    float
        Within [-1, 1] for outcomes >= 0; NaN where the outcome does not vary.

    Notes
    -----
    The area between the cumulative-gains curve and its diagonal, over the same area for the best
    possible order; a tie is a straight piece of the curve. Both areas are covariances of outcome
    and mean rank.
    """
    actual, predicted, weight = _rows(weight, actual, predicted)
    return _one(_gini, actual, _levels(actual), _levels(predicted), weight)


def spearman_correlation(actual, predicted, weight=None):
    """Return the rank correlation of outcome and prediction, ties at their mean rank.

    Parameters
    ----------
    actual, predicted : array_like, shape (n,)
        Outcome and its prediction.
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.

    Returns
    -------
    float
        Within [-1, 1]; NaN where one side does not vary.
    """
    actual, predicted, weight = _rows(weight, actual, predicted)
    return _one(_spearman, _levels(actual), _levels(predicted), weight)


def area_under_curve(active, score, weight=None):
    """Return the chance that an active customer scores above an inactive one; ties count half.

    Parameters
    ----------
    active : array_like, shape (n,)
        Whether the event came true; any number above 0 is true.
    score : array_like, shape (n,)
        Any ranking, higher for more likely.
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.

    Returns
    -------
    float
        Within [0, 1]; NaN where nobody or everybody was active.
    """
    active, score, weight = _rows(weight, active, score)
    return _one(_auc, active, _levels(score), weight)


def high_value_capture(actual, predicted, weight=None, share=0.8):
    """Return the share of the customers who made most of the value that a prediction puts on top.

    Parameters
    ----------
    actual, predicted : array_like, shape (n,)
        Value (or orders) that came, and that was foreseen. Values below 0 count as 0.
    weight : array_like, shape (n,), optional
        Customers per row, whole numbers; 1 each by default.
    share : float
        Share of the total value, within (0, 1].

    Returns
    -------
    float
        Within [0, 1]; NaN where there was no value.

    Notes
    -----
    The fewest customers who made `share` of the total are looked for among the equally many with
    the highest predictions. Where equal values or predictions straddle the line, everyone of them
    is in with the same probability, and the expectation is returned.
    """
    actual, predicted, weight = _rows(weight, actual, predicted)
    member, count = _makers(np.maximum(actual, 0.0), weight, share)
    if not count > 0:
        return float("nan")
    chosen = _first(predicted, weight, count)
    return float((weight * member * chosen).sum() / count)


def _makers(actual, weight, share):
    """Probability of each row to be among the fewest who made `share`, and how many these are."""
    values, level = np.unique(-actual, return_inverse=True)
    customers = np.bincount(level, weights=weight)
    value = -values * customers
    total = value.sum()
    if not total > 0:
        return np.zeros(len(actual)), 0.0
    missing = share * total - (np.cumsum(value) - value)
    # the customer with whom the share is reached is one of them; rounding must not add another
    needed = np.ceil(missing / np.where(values < 0, -values, np.inf) - 1e-9)
    taken = np.clip(needed, 0.0, customers)
    return (taken / np.maximum(customers, 1e-300))[level], taken.sum()


def _first(score, weight, count):
    """Probability of each row to be among the `count` customers with the highest scores."""
    values, level = np.unique(-score, return_inverse=True)
    customers = np.bincount(level, weights=weight, minlength=len(values))
    before = np.cumsum(customers) - customers
    return np.clip((count - before) / np.maximum(customers, 1e-300), 0.0, 1.0)[level]


# ---------- distributions


class CountDistribution:
    """Predictive probabilities of counts, shared by rows that differ in their outcome only.

    Parameters
    ----------
    probabilities : array_like, shape (m, k)
        Of 0, 1, ... k - 1 purchases; the last column holds all that is left.
    index : ndarray of int, shape (n,), optional
        Which of the m distributions each row has; its own by default.
    """

    def __init__(self, probabilities, index=None):
        self.probabilities = np.asarray(probabilities, dtype=float)
        self.index = np.arange(len(self.probabilities)) if index is None else index
        upto = np.minimum(np.cumsum(self.probabilities, axis=1), 1.0)
        upto[:, -1:] = 1.0
        self._upto = upto

    @property
    def open_count(self):
        """First count of the open class."""
        return self._upto.shape[1] - 1

    def quantile(self, level):
        """Return the smallest count whose cumulative probability reaches `level`.

        Parameters
        ----------
        level : float
            Within (0, 1).

        Returns
        -------
        ndarray of int, shape (m,)
            `open_count` where it lies in the open class.
        """
        # cumulative sums of exact probabilities may fall short of a level by rounding
        return np.argmax(self._upto >= level - 1e-12, axis=1)

    def cumulative(self, row, count):
        """Return F(count - 1) and F(count) of the given distributions.

        Parameters
        ----------
        row : ndarray of int, shape (n,)
            Distribution, 0 <= row < m.
        count : ndarray of int, shape (n,)
            Counts >= 0; those of the open class are one.

        Returns
        -------
        tuple of 2 ndarray, shape (n,)
        """
        count = np.minimum(count, self.open_count)
        below = np.where(count > 0, self._upto[row, np.maximum(count, 1) - 1], 0.0)
        return below, self._upto[row, count]


def interval_coverage(actual, distribution, level, weight=None):
    """Return how often an interval held, and how often it should have by the model's own word.

    Parameters
    ----------
    actual : array_like of int, shape (n,)
        Purchases that came.
    distribution : CountDistribution
        Of n rows.
    level : float
        Nominal content, for example .9: from the 5 % to the 95 % quantile, both included.
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.

    Returns
    -------
    coverage : float
        Share of the customers whose count lay inside.
    content : float
        Mean probability of the interval under the model: counts are discrete, so that a "90 %"
        interval holds more than 90 %.
    """
    actual = np.asarray(actual)
    weight = _weight(weight, len(actual))
    customers = weight.sum()
    if not customers > 0:
        return float("nan"), float("nan")
    low = distribution.quantile((1 - level) / 2)
    high = distribution.quantile((1 + level) / 2)
    row = np.arange(len(low))
    content = distribution.cumulative(row, high)[1] - distribution.cumulative(row, low)[0]
    index = distribution.index
    # the open class has no upper end
    high = np.where(high == distribution.open_count, np.inf, high)
    inside = (actual >= low[index]) & (actual <= high[index])
    return (
        float((weight * inside).sum() / customers),
        float((weight * content[index]).sum() / customers),
    )


def pit_histogram(actual, distribution, weight=None, bins=PIT_BINS):
    """Return the shares of the probability integral transform by bin: all equal if calibrated.

    Parameters
    ----------
    actual : array_like of int, shape (n,)
        Purchases that came.
    distribution : CountDistribution
        Of n rows.
    weight : array_like, shape (n,), optional
        Customers per row; 1 each by default.
    bins : int
        Bins of equal width.

    Returns
    -------
    ndarray, shape (bins,)
        Adds up to 1; NaN without customers.

    Notes
    -----
    For counts the transform is uniform between F(y - 1) and F(y). Its randomised form draws from
    there; this is the expected histogram of those draws (Czado, Gneiting & Held 2009, Biometrics
    65), the same for one row of ten customers as for ten rows.
    """
    actual = np.asarray(actual, dtype=np.intp)
    weight = _weight(weight, len(actual))
    customers = weight.sum()
    if not customers > 0:
        return np.full(bins, np.nan)
    low, high = distribution.cumulative(distribution.index, actual)
    width = high - low
    safe = np.where(width > 0, width, 1.0)
    upto = [0.0]
    for edge in np.arange(1, bins) / bins:
        # a count that the model holds impossible lies at one point of the scale
        share = np.where(width > 0, (edge - low) / safe, edge > low)
        upto.append((weight * np.clip(share, 0.0, 1.0)).sum() / customers)
    return np.diff([*upto, 1.0])


def flatness(histogram):
    """Return the share of customers who would have to change bins for the histogram to be flat.

    Parameters
    ----------
    histogram : array_like, shape (bins,)
        Shares by bin.

    Returns
    -------
    float
        Total variation distance from uniform, 0 for a flat histogram, below 1.
    """
    histogram = np.asarray(histogram, dtype=float)
    return float(np.abs(histogram - 1.0 / len(histogram)).sum() / 2)


def flatness_by_chance(customers, bins=PIT_BINS):
    """Return the flatness that a perfectly calibrated model shows on so few customers, at most.

    Parameters
    ----------
    customers : float
        Customers behind the histogram, > 0.
    bins : int
        Bins of equal width.

    Returns
    -------
    float
        Expected total variation distance of a multinomial sample from uniform, by the normal
        approximation. The transform spreads a customer over bins, so that it varies less.
    """
    share = 1.0 / bins
    return float(bins / 2 * np.sqrt(2 * share * (1 - share) / (np.pi * customers)))


# ---------- many groups at once


def grouped_metrics(actual, predicted, probability, weight, cuts, ranked=True):
    """Return every measure of count predictions for every group of every cut.

    Parameters
    ----------
    actual, predicted : ndarray, shape (n,)
        Purchases that came, and that were expected.
    probability : ndarray, shape (n,)
        Probability of at least one purchase.
    weight : ndarray, shape (n,)
        Customers per row.
    cuts : sequence of (ndarray of int, int)
        Group of each row, shape (n,), and the number of groups: several ways to cut the rows, for
        which everything that is the same is done once.
    ranked : bool
        Also measure rankings within the groups.

    Returns
    -------
    list of dict of str to ndarray, shape (groups,)
        One per cut: customers, predicted_orders, actual_orders, predicted_active, actual_active
        (customers), bias, poisson_deviance, rmse, mae, brier and, if ranked, gini, spearman, auc.
        NaN where a measure is not defined.
    """
    active = (actual > 0).astype(float)
    terms = {
        "customers": weight,
        "predicted_orders": weight * predicted,
        "actual_orders": weight * actual,
        "predicted_active": weight * probability,
        "actual_active": weight * active,
        "poisson_deviance": weight * _deviances(actual, predicted, ZERO_FLOOR),
        "rmse": weight * (predicted - actual) ** 2,
        "mae": weight * np.abs(predicted - actual),
        "brier": weight * (probability - active) ** 2,
    }
    levels = [_levels(values) for values in (actual, predicted, probability)] if ranked else None
    found = []
    for cut in cuts:
        one = {name: _sum(values, *cut) for name, values in terms.items()}
        for name in ("poisson_deviance", "rmse", "mae", "brier"):
            one[name] = _ratio(one[name], one["customers"])
        one["rmse"] = np.sqrt(one["rmse"])
        one["bias"] = _ratio(one["predicted_orders"], one["actual_orders"]) - 1.0
        if ranked:
            one["gini"] = _gini(actual, levels[0], levels[1], weight, *cut)
            one["spearman"] = _spearman(levels[0], levels[1], weight, *cut)
            one["auc"] = _auc(actual, levels[2], weight, *cut)
        found.append(one)
    return found


def grouped_auc(active, score, weight, cuts):
    """Return `area_under_curve` within every group of every cut.

    Parameters
    ----------
    active, score, weight : ndarray, shape (n,)
        As for `area_under_curve`.
    cuts : sequence of (ndarray of int, int)
        Group of each row, shape (n,), and the number of groups.

    Returns
    -------
    list of ndarray, shape (groups,)
    """
    level = _levels(score)
    return [_auc(active, level, weight, *cut) for cut in cuts]


def deciles(score, weight):
    """Return the tenth of the customers in which each row lies: 1 lowest, 10 highest.

    Parameters
    ----------
    score : ndarray, shape (n,)
        What to order by.
    weight : ndarray, shape (n,)
        Customers per row.

    Returns
    -------
    ndarray of int, shape (n,)
        1 + the whole tenths of customers strictly below: equal scores are never split, so that
        tenths may be of unequal size, or empty.
    """
    values, level = np.unique(score, return_inverse=True)
    customers = np.bincount(level, weights=weight, minlength=len(values))
    below = np.cumsum(customers) - customers
    tenth = np.floor(10.0 * below / max(customers.sum(), 1e-300) + 1e-9)
    return (1 + np.minimum(tenth, 9).astype(np.int64))[level]


# ---------- kernels: one value per group


def _one(kernel, *arguments):
    rows = len(arguments[0])
    return float(kernel(*arguments, np.zeros(rows, dtype=np.intp), 1)[0])


def _rows(weight, *arrays):
    arrays = [np.atleast_1d(np.asarray(array, dtype=float)) for array in arrays]
    return (*arrays, _weight(weight, len(arrays[0])))


def _weight(weight, rows):
    return np.ones(rows) if weight is None else np.asarray(weight, dtype=float)


def _sum(values, group, groups):
    return np.bincount(group, weights=values, minlength=groups)


def _ratio(top, bottom):
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)


def _mean(values, weight, group, groups):
    return _ratio(_sum(weight * values, group, groups), _sum(weight, group, groups))


def _deviances(actual, predicted, floor):
    predicted = np.maximum(predicted, floor)
    # where nothing came, the logarithm has no weight
    logs = actual * np.log(np.maximum(actual, floor) / predicted)
    return 2.0 * (logs - (actual - predicted))


def _levels(values):
    """Number the distinct values in ascending order; shape (n,)."""
    return np.unique(values, return_inverse=True)[1]


def _mid_ranks(level, weight, group, groups):
    """Customers of the group below each row, plus half of those level with it."""
    width = int(level.max()) + 1 if len(level) else 1
    table = np.bincount(group * width + level, weights=weight, minlength=groups * width)
    table = table.reshape(groups, width)
    return (np.cumsum(table, axis=1) - table / 2)[group, level]


def _gini(actual, actual_level, level, weight, group, groups):
    half = (_sum(weight, group, groups) / 2)[group]

    def area(levels):
        ranks = _mid_ranks(levels, weight, group, groups)
        return _sum(weight * actual * (ranks - half), group, groups)

    best = area(actual_level)
    # without any spread only rounding is left
    scale = _sum(weight * np.abs(actual), group, groups) * _sum(weight, group, groups)
    return _ratio(area(level), np.where(best > 1e-12 * scale, best, 0.0))


def _spearman(left_level, right_level, weight, group, groups):
    half = (_sum(weight, group, groups) / 2)[group]
    left = _mid_ranks(left_level, weight, group, groups) - half
    right = _mid_ranks(right_level, weight, group, groups) - half
    spread = _sum(weight * left**2, group, groups) * _sum(weight * right**2, group, groups)
    bottom = np.sqrt(spread)
    floor = 1e-12 * _sum(weight, group, groups) ** 3
    return _ratio(_sum(weight * left * right, group, groups), np.where(bottom > floor, bottom, 0.0))


def _auc(active, level, weight, group, groups):
    positive = weight * (active > 0)
    yes = _sum(positive, group, groups)
    no = _sum(weight - positive, group, groups)
    ranks = _mid_ranks(level, weight, group, groups)
    return _ratio(_sum(positive * ranks, group, groups) - yes**2 / 2, yes * no)
