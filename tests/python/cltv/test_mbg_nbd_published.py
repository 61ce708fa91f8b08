"""MBG/NBD: the figures in print, and those of CDNOW's holdout."""

import numpy as np
import pytest

from cltv.purchase import fit_purchase_model
from cltv.purchase.mbg_nbd import MBGNBD

MODEL = MBGNBD()
FITTED = {"r": 0.52484, "alpha": 6.18309, "a": 0.89136, "b": 1.61400}
WEEKS = 39


@pytest.fixture(scope="module")
def sample_fit(cdnow_sample):
    data = cdnow_sample
    return fit_purchase_model(MODEL, data.frequency, data.recency / 7, data.age / 7, method="mle")


@pytest.mark.parametrize(
    ("history", "purchases", "alive"),
    [
        ((2, 213 / 7, 272 / 7), 1.2628, 0.7061),
        ((0, 0, 272 / 7), 0.1540, 0.3897),
        ((7, 206 / 7, 272 / 7), 3.1672, 0.6227),
    ],
)
def test_customers_one_three_and_six_are_the_known_ones(history, purchases, alive):
    value = MODEL.expected_purchases(FITTED, *history, WEEKS)[0]
    assert value == pytest.approx(purchases, abs=5e-5)
    assert MODEL.probability_alive(FITTED, *history)[0] == pytest.approx(alive, abs=5e-5)


def test_nobody_is_sure_to_be_alive():
    # the first purchase is a chance to leave: at age 0 that is all that is known
    alive = MODEL.probability_alive((0.5, 6.0, 1.0, 3.0), 0, 0, 0)[0]
    assert alive == pytest.approx(3.0 / 4.0, rel=1e-14)


def test_pmf_of_no_purchase_by_hand():
    # left at once, or stayed and was silent
    r, alpha, a, b, t = 0.5, 6.0, 1.0, 3.0, 18.0
    by_hand = 1 / 4 + 3 / 4 * (6 / 24) ** 0.5
    assert MODEL.probability_of_count((r, alpha, a, b), 0, t) == pytest.approx(by_hand, rel=1e-14)


def test_sample_estimates_are_the_known_ones(sample_fit):
    assert sample_fit.params == pytest.approx(FITTED, abs=1e-5)
    assert sample_fit.log_likelihood == pytest.approx(-9582.1357, abs=1e-4)
    assert sample_fit.converged
    assert sample_fit.boundary is None


def test_full_estimates_are_the_known_ones(cdnow_full):
    data = cdnow_full
    fit = fit_purchase_model(MODEL, data.frequency, data.recency / 7, data.age / 7, method="mle")
    known = {"r": 0.6371, "alpha": 7.3103, "a": 0.8075, "b": 1.2284}
    assert fit.params == pytest.approx(known, abs=6e-5)
    assert fit.log_likelihood == pytest.approx(-95336.96, abs=0.0051)


def test_holdout_errors_are_the_known_ones(cdnow_sample, sample_fit):
    data = cdnow_sample
    expected = MODEL.expected_purchases(
        sample_fit.params, data.frequency, data.recency / 7, data.age / 7, WEEKS
    )
    error = expected - data.holdout
    assert np.abs(error).mean() == pytest.approx(0.7648, abs=5e-5)
    assert np.sqrt((error**2).mean()) == pytest.approx(1.6072, abs=5e-5)
    assert error.sum() / data.holdout.sum() == pytest.approx(-0.1622, abs=5e-5)


def test_cumulative_purchases_by_week_78_are_the_known_ones(cdnow_sample, sample_fit):
    data = cdnow_sample
    expected = MODEL.expected_purchases_new_customer(sample_fit.params, data.age / 7 + WEEKS)
    assert expected.sum() / (2457 + 1882) - 1 == pytest.approx(-0.0666, abs=5e-5)


def test_weak_priors_move_little(cdnow_sample, sample_fit):
    data = cdnow_sample
    fit = fit_purchase_model(MODEL, data.frequency, data.recency / 7, data.age / 7, method="map")
    for name, value in fit.params.items():
        assert abs(value - sample_fit.params[name]) < 0.25 * sample_fit.standard_error[name]
