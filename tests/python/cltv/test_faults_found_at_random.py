"""Input that random search broke on: no warning, no bare error, no probability above one."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cltv.cells import purchase_cells
from cltv.discrete.bg_bb import BGBB
from cltv.evaluation.distributions import future_counts
from cltv.purchase import MODELS, fit_purchase_model, fit_purchase_models
from cltv.purchase.mbg_cnbd_k import MBGCNBDk, fit_cnbd_k


@pytest.fixture(autouse=True)
def _warnings_are_faults():
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def test_lifetimes_beyond_every_float_can_be_drawn():
    uniforms = np.full((3, 5), 0.5)
    draws = MODELS["pareto_nbd"].draw_purchases((1e6, 5e12, 1e-6, 1e10), 2, 10, 11, 365, uniforms)
    # half of a gamma of shape 1e6 + 2 at 365 / (5e12 + 11): nobody buys
    assert (draws == 0).all()
    draws = MODELS["pareto_nbd"].draw_purchases((2, 1, 1e-6, 1e10), 2, 10, 11, 365, uniforms)
    assert (draws > 0).all()


def test_variances_are_none_of_them_negative():
    # gaps that contradict the times: one parameter is next to unidentified
    cells = purchase_cells(
        [1, 1], [1, 969], [5114, 979], log_gap_sum=[244.70148294670318, -58.15774336623492]
    )
    fit = fit_cnbd_k(cells, "mle")
    assert all(np.isfinite(error) for error in fit.standard_error.values())


def test_gaps_beyond_reason_are_named():
    with pytest.raises(ValueError, match=r"column 'log_gap_sum', row 0: -1e\+300 is too large"):
        purchase_cells([1, 0], [1, 0], [2, 30], log_gap_sum=[-1e300, 0])


def test_probabilities_of_counts_do_not_exceed_one():
    model, worst = MODELS["pareto_nbd"], 0.0
    for horizon in (52.0, 365.0 / 7, 104.0):
        for age in (0.14285714285714285, 3.0, 30.0):
            params = (1e6, 7.142857142857144, 1e-6, 12017.309858501498)
            table = future_counts(model, params, [20_000.0], [age], [age], horizon, 20)
            worst = max(worst, table.max())
    assert worst <= 1.0


def test_a_horizon_far_beyond_the_age_is_no_zero_times_infinity():
    # mpmath 1.4, 30 digits: tanh-sinh quadrature over the log-odds of the dropout probability
    params = (0.0056, 9.3e-6, 48.8, 0.0079)
    value = MODELS["mbg_nbd"].expected_purchases(params, 0, 0, 0, 1e8)[0]
    assert value == pytest.approx(2.55470111393577e-5, rel=1e-9)


@pytest.mark.parametrize("k", [2, 5, 11])
def test_nothing_is_expected_of_no_time(k):
    model, params = MBGCNBDk(k), (1e6, 13504.5, 1e-6, 131209.5)
    assert (model.expected_purchases(params, [0, 2], [0, 0.3], [0.3, 0.3], [0.0, 0.0]) == 0).all()
    active = model.probability_active(params, [0, 2], [0, 0.3], [0.3, 0.3], 0.0)
    assert not np.signbit(active).any()


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ((10**400, 1, 2, 1), "column 'frequency', row 1: 1000.* is not a number"),
        ((1e300, 1, 2, 1), r"column 'frequency', row 1: 1e\+300 is too large"),
        ((2e7, 1, 2, 1), r"column 'frequency', row 1: 2e\+07 is too large"),
        ((1, 1, 1e300, 1), r"column 'age', row 1: 1e\+300 is too large"),
        ((1, 1, 2, 1e300), r"column 'weight', row 1: 1e\+300 is too large"),
    ],
)
def test_numbers_beyond_reason_are_named(row, complaint):
    columns = [[first, second] for first, second in zip((1, 1, 2, 1), row, strict=True)]
    with pytest.raises(ValueError, match=complaint):
        fit_purchase_model(MODELS["bg_nbd"], *columns)


@pytest.mark.parametrize("horizon", [[0, 1], "1", None, 0.5, -1, np.nan])
def test_opportunities_ahead_that_are_no_whole_number_are_named(horizon):
    with pytest.raises(ValueError, match="horizon must be a whole number of at least 0, got"):
        BGBB().expected_purchases((1, 1, 1, 1), [0], [0], [3], horizon)


# ---------- the same search, shorter

OPEN_GATE = {
    "minimum_customers": 1,
    "minimum_repeaters": 1,
    "minimum_days": 1,
    "maximum_silence_days": 10**6,
}
junk = st.sampled_from(
    [None, np.nan, np.inf, -np.inf, -1, 0.5, "x", "", pd.NA, pd.NaT, True, b"1", 1 + 2j]
) | st.sampled_from([1e300, -1e-300, 10**400, pd.Timestamp("2020-01-01"), 20_000, 10_950, 1e9])
names = ("frequency", "recency_days", "age_days", "customers", "log_gap_sum")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(names), junk), max_size=3))
def test_whatever_a_cell_holds_is_fitted_or_named(changes):
    columns = {"frequency": [0, 2], "recency_days": [0, 9], "age_days": [20, 30]}
    columns |= {"customers": [5, 4], "log_gap_sum": [0.0, 6.0]}
    cells = pd.DataFrame({name: pd.Series(columns[name], dtype=object) for name in names})
    for row, name, value in changes:
        cells.at[row, name] = value
    cells.insert(0, "origin_id", "o")
    try:
        fits = fit_purchase_models(cells, by_group=False, errors="sandwich", **OPEN_GATE)
    except ValueError as error:
        assert re.match(r"(cells: )?column '\w+', row [01]: ", str(error))
        assert "\n" not in str(error)
    else:
        parameters = fits.loc[fits["kind"] == "parameter", "estimate"]
        assert (np.isfinite(parameters) & (parameters > 0)).all()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*MODELS.values(), MBGCNBDk(3)]),
    st.lists(st.floats(-9, 9).map(np.exp).map(float), min_size=4, max_size=4),
    st.lists(
        st.tuples(
            st.sampled_from([0, 1, 5, 20_000]),
            st.sampled_from([1, 30, 365, 10_950]),
            st.sampled_from([0.01, 0.5, 1.0]),
            st.sampled_from([1e-9, 0.5, 1.0, 1e9]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_extreme_histories_have_probabilities_and_finite_slopes(model, params, rows):
    x, age, share, weight = map(np.array, zip(*rows, strict=True))
    recency = np.where(x > 0, age * share, 0.0)
    total, gradient = model.log_likelihood(params, purchase_cells(x, recency, age, weight))
    assert np.isfinite(total)
    assert np.isfinite(gradient).all()
    history, ahead = (x, recency, age), [0.0, 1.0, 365.0]
    for chance in (
        model.probability_alive(params, *history),
        model.probability_active(params, *history, ahead),
        future_counts(model, params, *history, 365.0, 8),
    ):
        assert ((chance >= 0) & (chance <= 1)).all()
    for value in (
        model.expected_purchases(params, *history, ahead),
        model.discounted_purchases(params, *history, 3e-4),
    ):
        assert (np.isfinite(value) & (value >= 0)).all()
