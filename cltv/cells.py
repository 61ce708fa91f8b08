"""Checked, sorted and collapsed cells: the only thing that a fit or a score ever sees.

A cell is a distinct combination of values together with the number of customers who share it.
Sorting and collapsing here is what makes every result independent of the order of the input rows.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

MOST_PURCHASES = 10_000_000
"""Purchase days of one customer that are believed: terms of the likelihood are added one by one."""

# beyond, products of times or sums of customers leave the range of floats or of whole numbers
_LARGEST, _HEAVIEST = 1e30, 2.0**53


@dataclass(frozen=True)
class PurchaseCells:
    """Distinct (frequency, recency, age) with weights, sorted by these three.

    Attributes
    ----------
    frequency : ndarray, shape (n,)
        Purchase days after the first, as floats holding whole numbers.
    recency, age : ndarray, shape (n,)
        Age at the last purchase and age, in one time unit.
    weight : ndarray, shape (n,)
        Customers in each cell.
    log_gap_sum : ndarray, shape (n,)
        Sum over the cell's customers of ln(gap) over all gaps between purchase days; zeros where
        not given. Only models of regular buying read it.
    frequency_values : ndarray of int, shape (u,)
        The distinct frequencies, ascending: gamma-function terms depend on nothing else.
    frequency_index : ndarray of int, shape (n,)
        Position of each cell's frequency in `frequency_values`.
    frequency_weight : ndarray, shape (u,)
        Customers at each distinct frequency.
    """

    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    weight: np.ndarray
    log_gap_sum: np.ndarray | None = None
    frequency_values: np.ndarray = field(init=False)
    frequency_index: np.ndarray = field(init=False)
    frequency_weight: np.ndarray = field(init=False)

    def __post_init__(self):
        """Derive the per-frequency view once: every likelihood evaluation reads it."""
        if self.log_gap_sum is None:
            object.__setattr__(self, "log_gap_sum", np.zeros(len(self.frequency)))
        values, index = np.unique(self.frequency, return_inverse=True)
        object.__setattr__(self, "frequency_values", values.astype(np.int64))
        object.__setattr__(self, "frequency_index", index)
        object.__setattr__(
            self,
            "frequency_weight",
            np.bincount(index, weights=self.weight, minlength=len(values)),
        )

    def __len__(self):
        """Return the number of distinct cells."""
        return len(self.frequency)

    @cached_property
    def frequency_times(self):
        """Distinct (frequency, time) pairs, and where recency and age stand among them."""
        return frequency_times(self.frequency, self.recency, self.age)

    def scaled(self, unit):
        """Return the same cells in another time unit.

        Parameters
        ----------
        unit : float
            What one new unit is in old ones, > 0; times are divided by it.

        Returns
        -------
        PurchaseCells

        Notes
        -----
        The sums of log gaps fall by ln(unit) for every gap.
        """
        return PurchaseCells(
            self.frequency,
            self.recency / unit,
            self.age / unit,
            self.weight,
            self.log_gap_sum - self.weight * self.frequency * np.log(unit),
        )

    def sample(self, rows):
        """Return fewer cells that stand for all, without randomness.

        Parameters
        ----------
        rows : int
            At most this many cells are kept.

        Returns
        -------
        PurchaseCells
            Weighted by the draws that hit a cell (see `thin`).
        """
        kept, weight = thin(self.weight, rows)
        return PurchaseCells(
            self.frequency[kept],
            self.recency[kept],
            self.age[kept],
            weight,
            self.log_gap_sum[kept] * (weight / self.weight[kept]),
        )

    def reweighted(self, weight):
        """Return the same cells with other numbers of customers in them.

        Parameters
        ----------
        weight : ndarray, shape (n,)
            Customers in each cell, > 0.

        Returns
        -------
        PurchaseCells
            What depends on times and frequencies only is shared, the sums of log gaps grow with
            the weight.
        """
        # a copy keeps what depends on the times and frequencies only
        other = copy(self)
        changed = {
            "weight": weight,
            "log_gap_sum": self.log_gap_sum * (weight / self.weight),
            "frequency_weight": np.bincount(
                self.frequency_index, weights=weight, minlength=len(self.frequency_values)
            ),
        }
        for name, value in changed.items():
            object.__setattr__(other, name, value)
        return other


@dataclass(frozen=True)
class FrequencyTimes:
    """Distinct (frequency, time) pairs, sorted by these two.

    Attributes
    ----------
    frequency, time : ndarray, shape (p,)
        The pairs.
    """

    frequency: np.ndarray
    time: np.ndarray
    _crowds: dict = field(default_factory=dict, init=False, repr=False, compare=False)

    def crowds(self, most):
        """Tell frequencies that come with many distinct times from the others.

        Parameters
        ----------
        most : int
            Times up to which a frequency is none of them.

        Returns
        -------
        few : ndarray of int
            Positions of the pairs of frequencies with at most `most` times.
        many : ndarray of int
            Positions of all other pairs.
        frequency : ndarray, shape (c,)
            The frequencies with more times.
        row : ndarray of int, shape of `many`
            Position of each pair's frequency in `frequency`.
        times, time_index : ndarray
            Distinct times of `many`, and where each pair's stands among them.
        """
        if most not in self._crowds:
            x = self.frequency
            starts = np.flatnonzero(np.diff(x, prepend=-1.0))
            counts = np.diff(np.append(starts, len(x)))
            crowded = counts > most
            within = np.repeat(crowded, counts)
            many = np.flatnonzero(within)
            row = np.repeat(np.arange(int(crowded.sum())), counts[crowded])
            times, time_index = np.unique(self.time[many], return_inverse=True)
            few, frequency = np.flatnonzero(~within), x[starts[crowded]]
            self._crowds[most] = few, many, frequency, row, times, time_index
        return self._crowds[most]


def frequency_times(frequency, *times):
    """Find the distinct pairs of a frequency with any of several times.

    Parameters
    ----------
    frequency : ndarray, shape (n,)
        Whole numbers.
    *times : ndarray, each of shape (n,)
        For example recency and age.

    Returns
    -------
    pairs : FrequencyTimes
    *index : ndarray of int, each of shape (n,)
        Position of (frequency, time) in `pairs`, one array per time.
    """
    n = len(frequency)
    counts, count_index = np.unique(frequency, return_inverse=True)
    values, time_index = np.unique(np.concatenate(times), return_inverse=True)
    width = max(len(values), 1)
    codes = np.tile(count_index, len(times)) * width + time_index
    # a table of marks is far faster than sorting where it is not much larger than the data
    if len(counts) * width <= 8 * len(codes) + 1024:
        marked = np.zeros(len(counts) * width, dtype=bool)
        marked[codes] = True
        keys = np.flatnonzero(marked)
        position = np.zeros(len(marked), dtype=np.int64)
        position[keys] = np.arange(len(keys))
        index = position[codes]
    else:
        keys, index = np.unique(codes, return_inverse=True)
    pairs = FrequencyTimes(counts[keys // width], values[keys % width])
    return pairs, *index.reshape(len(times), n)


@dataclass(frozen=True)
class SpendCells:
    """Distinct (count, mean) with weights, sorted by these two.

    Attributes
    ----------
    count : ndarray, shape (n,)
        Purchases behind each mean, >= 1.
    mean : ndarray, shape (n,)
        Mean value per purchase, > 0, in any currency unit.
    weight : ndarray, shape (n,)
        Customers in each cell.
    """

    count: np.ndarray
    mean: np.ndarray
    weight: np.ndarray

    def __len__(self):
        """Return the number of distinct cells."""
        return len(self.count)

    def scaled(self, unit):
        """Return the same cells in another currency unit.

        Parameters
        ----------
        unit : float
            What one new unit is in old ones, > 0; means are divided by it.

        Returns
        -------
        SpendCells
        """
        return SpendCells(self.count, self.mean / unit, self.weight)

    def sample(self, rows):
        """Return fewer cells that stand for all, without randomness.

        Parameters
        ----------
        rows : int
            At most this many cells are kept.

        Returns
        -------
        SpendCells
            Weighted by the draws that hit a cell (see `thin`).
        """
        kept, weight = thin(self.weight, rows)
        return SpendCells(self.count[kept], self.mean[kept], weight)


def weighted_total(weight, values):
    """Sum over customers, the same to the last bit for any number of threads.

    Matrix products would do, but linear algebra libraries split them by the threads at hand, and
    on a busy machine wait for these.

    Parameters
    ----------
    weight : ndarray, shape (n,)
        Customers per cell.
    values : ndarray, shape (n,) or (n, k)
        Value of one customer of each cell.

    Returns
    -------
    float or ndarray, shape (k,)
    """
    return (weight * values.T).sum(axis=-1)


def thin(weight, rows):
    """Systematic sample of weighted rows: equally spaced customers along the sorted cells.

    Parameters
    ----------
    weight : ndarray, shape (n,)
        Customers per cell, cells in sorted order.
    rows : int
        Number of draws; at most this many cells are kept.

    Returns
    -------
    kept : ndarray of int
        Ascending positions of the cells that were hit.
    weight : ndarray
        Draws per kept cell, a float.
    """
    cumulative = np.cumsum(weight)
    marks = (np.arange(rows) + 0.5) * (cumulative[-1] / rows)
    hits = np.minimum(np.searchsorted(cumulative, marks), len(weight) - 1)
    kept, draws = np.unique(hits, return_counts=True)
    return kept, draws.astype(float)


def collapse(keys, weight, *sums):
    """Sort rows by their keys and add up the weights of equal rows.

    Parameters
    ----------
    keys : sequence of ndarray, each of shape (n,)
        Most significant key first.
    weight : ndarray, shape (n,)
        Customers per row.
    *sums : ndarray, each of shape (n,)
        Further columns to be added up, for example `log_gap_sum`.

    Returns
    -------
    keys : list of ndarray, each of shape (m,)
        Distinct rows, ascending; m <= n.
    weight : ndarray, shape (m,)
        Sum of the weights of each distinct row.
    *sums : ndarray, each of shape (m,)
        As passed, added up.
    """
    added = (weight, *sums)
    if not len(weight):
        return list(keys), *added
    if not _ascending(keys):
        # the weight is among the keys so that equal rows are added up in the same order, too
        order = np.lexsort((*reversed(added), *reversed(keys)))
        keys, added = [key[order] for key in keys], [column[order] for column in added]
    changed = np.zeros(len(weight), dtype=bool)
    changed[0] = True
    for key in keys:
        changed[1:] |= key[1:] != key[:-1]
    if changed.all():
        return list(keys), *added
    starts = np.flatnonzero(changed)
    return [key[starts] for key in keys], *(np.add.reduceat(column, starts) for column in added)


def purchase_cells(
    frequency, recency, age, weight=None, names=None, whole_times=False, log_gap_sum=None
):
    """Check customer or cell arrays and collapse them to `PurchaseCells`.

    Parameters
    ----------
    frequency, recency, age : array_like, shape (n,)
        Purchase days after the first, age at the last purchase, age; times in one unit.
    weight : array_like, shape (n,), optional
        Customers per row, > 0; 1 each by default.
    names : tuple of 4 str, optional
        What to call the four columns in an error.
    whole_times : bool
        Demand whole numbers for recency and age (days) and for the weights.
    log_gap_sum : array_like, shape (n,), optional
        Sum over the row's customers of ln(gap) over all gaps between purchase days, the gaps in
        the unit of the times; 0 where frequency is 0. Zeros by default.

    Returns
    -------
    PurchaseCells

    Raises
    ------
    ValueError
        Names the column, the first offending row (position from 0) and its value.
    """
    frequency, recency, age, weight = check_purchases(
        frequency, recency, age, weight, names=names, whole_times=whole_times
    )
    keys = (frequency, recency, age)
    if log_gap_sum is None:
        keys, weight = collapse(keys, weight)
        return PurchaseCells(*keys, weight)
    log_gap_sum = check_log_gap_sum(log_gap_sum, frequency)
    keys, weight, log_gap_sum = collapse(keys, weight, log_gap_sum)
    return PurchaseCells(*keys, weight, log_gap_sum)


def check_counts(values, name):
    """Check a column of counts.

    Parameters
    ----------
    values : array_like, shape (n,)
        Whole numbers >= 0.
    name : str
        What to call the column in an error.

    Returns
    -------
    ndarray of float, shape (n,)

    Raises
    ------
    ValueError
        Names the column, the first offending row (position from 0) and its value.
    """
    values = _numbers(values, name)
    _refuse(~np.isfinite(values), name, values, "is not a finite number")
    _refuse(values < 0, name, values, "is negative")
    _refuse(values != np.floor(values), name, values, "is not a whole number")
    return values


def check_log_gap_sum(log_gap_sum, frequency, name="log_gap_sum", frequency_name="frequency"):
    """Check the sums of log gaps against checked frequencies.

    Parameters
    ----------
    log_gap_sum : array_like, shape (n,)
        Sum over the row's customers of ln(gap).
    frequency : ndarray, shape (n,)
        Purchase days after the first.
    name, frequency_name : str
        What to call the columns in an error.

    Returns
    -------
    ndarray of float, shape (n,)

    Raises
    ------
    ValueError
        Names the column, the first offending row (position from 0) and its value.
    """
    log_gap_sum = _numbers(log_gap_sum, name)
    if len(log_gap_sum) != len(frequency):
        raise ValueError(
            f"column {name!r}: {len(log_gap_sum)} rows where {len(frequency)} are expected"
        )
    _refuse(~np.isfinite(log_gap_sum), name, log_gap_sum, "is not a finite number")
    _refuse(np.abs(log_gap_sum) > _LARGEST, name, log_gap_sum, "is too large")
    _refuse(
        (frequency == 0) & (log_gap_sum != 0),
        name,
        log_gap_sum,
        f"must be 0 where {frequency_name} is 0",
    )
    return log_gap_sum


def check_purchases(frequency, recency, age, weight=None, names=None, whole_times=False):
    """Check purchase arrays without collapsing them.

    Parameters
    ----------
    frequency, recency, age, weight, names, whole_times
        As for `purchase_cells`; scalars are allowed and broadcast.

    Returns
    -------
    tuple of 4 ndarray of float, each of shape (n,)

    Raises
    ------
    ValueError
        Names the column, the first offending row (position from 0) and its value.
    """
    x_name, t_name, age_name, w_name = names or ("frequency", "recency", "age", "weight")
    x, t, age = (
        _numbers(values, name)
        for values, name in ((frequency, x_name), (recency, t_name), (age, age_name))
    )
    x, t, age = _same_length((x, t, age), (x_name, t_name, age_name))
    w = np.ones(len(x)) if weight is None else _numbers(weight, w_name)
    _same_length((x, w), (x_name, w_name))
    for values, name in ((x, x_name), (t, t_name), (age, age_name)):
        _refuse(~np.isfinite(values), name, values, "is not a finite number")
        _refuse(values < 0, name, values, "is negative")
    _refuse(x != np.floor(x), x_name, x, "is not a whole number")
    _refuse(x > MOST_PURCHASES, x_name, x, "is too large")
    _refuse(age > _LARGEST, age_name, age, "is too large")
    if whole_times:
        for values, name in ((t, t_name), (age, age_name)):
            _refuse(values != np.floor(values), name, values, "is not a whole number")
    _refuse(t > age, t_name, t, f"exceeds {age_name}")
    _refuse((x == 0) & (t > 0), t_name, t, f"must be 0 where {x_name} is 0")
    # orders of one day are one purchase: a repeat cannot lie at age 0
    _refuse((x > 0) & (t == 0), t_name, t, f"must be above 0 where {x_name} is above 0")
    _check_weights(w, w_name, whole_times)
    return x, t, age, w


def spend_cells(count, mean, weight=None, names=None, whole_weights=False):
    """Check customer or cell arrays of spend and collapse them to `SpendCells`.

    Parameters
    ----------
    count : array_like, shape (n,)
        Purchases behind each mean, whole numbers >= 1.
    mean : array_like, shape (n,)
        Mean value per purchase, > 0.
    weight : array_like, shape (n,), optional
        Customers per row, > 0; 1 each by default.
    names : tuple of 3 str, optional
        What to call the three columns in an error.
    whole_weights : bool
        Demand whole numbers for the weights.

    Returns
    -------
    SpendCells

    Raises
    ------
    ValueError
        Names the column, the first offending row (position from 0) and its value.
    """
    n, m, w = check_spend(count, mean, weight, names=names, whole_weights=whole_weights)
    (n, m), w = collapse((n, m), w)
    return SpendCells(n, m, w)


def check_spend(count, mean, weight=None, names=None, whole_weights=False):
    """Check spend arrays without collapsing them.

    Parameters
    ----------
    count, mean, weight, names, whole_weights
        As for `spend_cells`.

    Returns
    -------
    tuple of 3 ndarray of float, each of shape (n,)

    Raises
    ------
    ValueError
        Names the column, the first offending row (position from 0) and its value.
    """
    n_name, m_name, w_name = names or ("count", "mean", "weight")
    n, m = _same_length((_numbers(count, n_name), _numbers(mean, m_name)), (n_name, m_name))
    w = np.ones(len(n)) if weight is None else _numbers(weight, w_name)
    _same_length((n, w), (n_name, w_name))
    _refuse(~np.isfinite(n), n_name, n, "is not a finite number")
    _refuse(n < 1, n_name, n, "is below 1")
    _refuse(n != np.floor(n), n_name, n, "is not a whole number")
    _refuse(~np.isfinite(m), m_name, m, "is not a finite number")
    _refuse(m <= 0, m_name, m, "is not above 0")
    _check_weights(w, w_name, whole_weights)
    return n, m, w


def _ascending(keys):
    """Return whether rows are already sorted, so that the usual ordered input is not re-sorted."""
    undecided = np.ones(len(keys[0]) - 1, dtype=bool)
    for key in keys:
        if (undecided & (key[1:] < key[:-1])).any():
            return False
        undecided &= key[1:] == key[:-1]
    # equal rows must still be brought into one order before their weights are added
    return not undecided.any()


def _numbers(values, name):
    try:
        array = np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError, OverflowError):
        row, value = _first_non_number(values)
        shown = repr(value)[:60]
        raise ValueError(f"column {name!r}, row {row}: {shown} is not a number") from None
    if array.ndim != 1:
        raise ValueError(f"column {name!r}: expected one dimension, got {array.ndim}")
    return array


def _first_non_number(values):
    for row, value in enumerate(np.atleast_1d(np.asarray(values, dtype=object))):
        try:
            float(value)
        except (TypeError, ValueError, OverflowError):
            return row, value
    return 0, values


def _same_length(arrays, names):
    length = max((len(array) for array in arrays), default=0)
    if any(len(array) == 0 for array in arrays):
        length = 0
    for array, name in zip(arrays, names, strict=True):
        if len(array) not in (1, length):
            raise ValueError(f"column {name!r}: {len(array)} rows where {length} are expected")
    return [
        np.broadcast_to(array, (length,)) if len(array) != length else array for array in arrays
    ]


def _check_weights(weight, name, whole):
    _refuse(~np.isfinite(weight), name, weight, "is not a finite number")
    _refuse(weight <= 0, name, weight, "is not above 0")
    _refuse(weight > _HEAVIEST, name, weight, "is too large")
    if whole:
        _refuse(weight != np.floor(weight), name, weight, "is not a whole number")


def _refuse(bad, name, values, complaint):
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"column {name!r}, row {row}: {values[row]:g} {complaint}")
