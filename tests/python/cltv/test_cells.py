"""Cells: what is refused, how rows are collapsed, how a sample is taken."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cltv.cells import collapse, frequency_times, purchase_cells, spend_cells, thin


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([1, 2], [3, 9], [8, 8]), r"column 'recency', row 1: 9 exceeds age"),
        (([1, -1], [3, 0], [8, 8]), r"column 'frequency', row 1: -1 is negative"),
        (([1, 1], [3, -2], [8, 8]), r"column 'recency', row 1: -2 is negative"),
        (([1, 0], [3, 0], [8, -8]), r"column 'age', row 1: -8 is negative"),
        (([1, np.nan], [3, 1], [8, 8]), r"column 'frequency', row 1: nan is not a finite number"),
        (([1, 1], [np.inf, 1], [8, 8]), r"column 'recency', row 0: inf is not a finite number"),
        (([1, None], [3, 1], [8, 8]), r"column 'frequency', row 1: nan is not a finite"),
        (([1, "two"], [3, 1], [8, 8]), r"column 'frequency', row 1: .*two.* is not a number"),
        (([1, 1.5], [3, 1], [8, 8]), r"column 'frequency', row 1: 1.5 is not a whole number"),
        (([1, 0], [3, 2], [8, 8]), r"column 'recency', row 1: 2 must be 0 where frequency is 0"),
        (([1, 2], [3, 0], [8, 8]), r"column 'recency', row 1: 0 must be above 0"),
        (([1, 2], [3, 1], [8, 8], [1, 0]), r"column 'weight', row 1: 0 is not above 0"),
        (([1, 2], [3, 1], [8, 8], [-4, 1]), r"column 'weight', row 0: -4 is not above 0"),
        (([1, 2], [3, 1], [8, 8], [np.nan, 1]), r"column 'weight', row 0: nan is not a finite"),
        (([1, 2, 3], [3, 1], [8, 8]), r"column 'recency': 2 rows where 3 are expected"),
        (([[1, 2]], [3, 1], [8, 8]), r"column 'frequency': expected one dimension"),
    ],
)
def test_impossible_purchases_are_refused_by_name_and_row(columns, message):
    with pytest.raises(ValueError, match=message):
        purchase_cells(*columns)


def test_days_must_be_whole():
    purchase_cells([1], [3.5], [8])
    with pytest.raises(ValueError, match=r"column 'recency', row 0: 3.5 is not a whole number"):
        purchase_cells([1], [3.5], [8], whole_times=True)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([1, 0], [3, 9]), r"column 'count', row 1: 0 is below 1"),
        (([1, 1.5], [3, 9]), r"column 'count', row 1: 1.5 is not a whole number"),
        (([1, np.nan], [3, 9]), r"column 'count', row 1: nan is not a finite number"),
        (([1, 2], [3, 0]), r"column 'mean', row 1: 0 is not above 0"),
        (([1, 2], [-3, 1]), r"column 'mean', row 0: -3 is not above 0"),
        (([1, 2], [3, np.inf]), r"column 'mean', row 1: inf is not a finite number"),
        (([1, 2], [3, 1], [1, -1]), r"column 'weight', row 1: -1 is not above 0"),
    ],
)
def test_impossible_spend_is_refused_by_name_and_row(columns, message):
    with pytest.raises(ValueError, match=message):
        spend_cells(*columns)


def test_equal_rows_are_added_up_and_sorted():
    cells = purchase_cells([1, 0, 1, 0], [3, 0, 3, 0], [8, 9, 8, 5], [2, 1, 5, 4])
    assert cells.frequency.tolist() == [0, 0, 1]
    assert cells.age.tolist() == [5, 9, 8]
    assert cells.weight.tolist() == [4, 1, 7]
    assert cells.frequency_values.tolist() == [0, 1]
    assert cells.frequency_weight.tolist() == [5, 7]


def test_sums_of_log_gaps_are_added_up_rescaled_and_thinned():
    two, three = np.log([10.0, 20.0]).sum(), np.log([5.0, 25.0]).sum()
    cells = purchase_cells(
        [2, 0, 2], [30, 0, 30], [70, 70, 70], [1, 4, 3], log_gap_sum=[two, 0.0, 3 * three]
    )
    assert cells.log_gap_sum == pytest.approx([0.0, two + 3 * three])
    weeks = cells.scaled(7.0)
    assert weeks.log_gap_sum[1] == pytest.approx(
        np.log([10 / 7, 20 / 7]).sum() + 3 * np.log([5 / 7, 25 / 7]).sum()
    )
    assert weeks.log_gap_sum[0] == 0
    # twice the customers, twice the sum
    assert cells.sample(16).log_gap_sum == pytest.approx(2 * cells.log_gap_sum)
    assert purchase_cells([2], [30], [70]).log_gap_sum.tolist() == [0.0]


@pytest.mark.parametrize(
    ("log_gap_sum", "message"),
    [
        ([1.0, np.nan], r"column 'log_gap_sum', row 1: nan is not a finite number"),
        ([1.0, 2.0], r"column 'log_gap_sum', row 1: 2 must be 0 where frequency is 0"),
        ([1.0, 2.0, 3.0], r"column 'log_gap_sum': 3 rows where 2 are expected"),
        (["one", 0.0], r"column 'log_gap_sum', row 0: .*one.* is not a number"),
    ],
)
def test_impossible_sums_of_log_gaps_are_refused(log_gap_sum, message):
    with pytest.raises(ValueError, match=message):
        purchase_cells([1, 0], [3, 0], [8, 8], log_gap_sum=log_gap_sum)


rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(0.1, 9)), min_size=1, max_size=30
)


@settings(deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_collapsing_does_not_see_the_order(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    results = []
    for version in (rows, shuffled):
        first, second, weight = (np.array(column, float) for column in zip(*version, strict=True))
        results.append(collapse((first, second), weight))
    (keys, weight), (other_keys, other_weight) = results
    assert np.array_equal(keys, other_keys)
    assert np.array_equal(weight, other_weight)
    assert weight.sum() == pytest.approx(sum(row[2] for row in rows))


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=200), st.integers(1, 500))
def test_a_thinned_sample_keeps_the_shares(weights, rows):
    weight = np.array(weights, float)
    kept, draws = thin(weight, rows)
    assert draws.sum() == rows
    assert (np.diff(kept) > 0).all()
    shares = np.zeros(len(weight))
    shares[kept] = draws / rows
    assert np.abs(shares - weight / weight.sum()).max() < 1 / rows + 1e-12


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 20_000), st.floats(0, 9), st.floats(0, 9)), min_size=1, max_size=40
    )
)
def test_distinct_pairs_of_frequency_and_time_lead_back_to_the_rows(rows):
    frequency, first, last = (np.array(column, float) for column in zip(*rows, strict=True))
    pairs, at_first, at_last = frequency_times(frequency, first, last)
    keys = list(zip(pairs.frequency, pairs.time, strict=True))
    assert keys == sorted(set(keys))
    for times, index in ((first, at_first), (last, at_last)):
        assert np.array_equal(pairs.frequency[index], frequency)
        assert np.array_equal(pairs.time[index], times)
