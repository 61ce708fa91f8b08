"""BG/NBD on CDNOW: the figures in print, and those of the holdout."""

import numpy as np
import pytest

from cltv.purchase import BGNBD, fit_purchase_model

MODEL = BGNBD()
WEEKS = 39


@pytest.fixture(scope="module")
def sample_fit(cdnow_sample):
    data = cdnow_sample
    return fit_purchase_model(MODEL, data.frequency, data.recency / 7, data.age / 7, method="mle")


def test_the_sample_is_the_one_of_the_papers(cdnow_sample):
    data = cdnow_sample
    assert len(data.frequency) == 2357
    assert (data.frequency > 0).sum() == 946
    assert data.frequency.sum() == 2457
    assert data.holdout.sum() == 1882
    assert data.holdout_spend == pytest.approx(70976.39, abs=0.01)
    assert data.repeat_mean[data.repeat_count > 0].mean() == pytest.approx(35.0778, abs=5e-5)


def test_sample_estimates_are_the_published_ones(sample_fit):
    published = {"r": 0.242595, "alpha": 4.413602, "a": 0.792922, "b": 2.425907}
    assert sample_fit.params == pytest.approx(published, abs=5e-6)
    assert sample_fit.log_likelihood == pytest.approx(-9582.4292, abs=1e-4)
    assert sample_fit.converged
    assert sample_fit.boundary is None
    assert sample_fit.cells == 1016
    assert (sample_fit.customers, sample_fit.repeaters) == (2357, 946)
    assert sample_fit.repeat_purchases == 2457


def test_full_estimates_are_the_published_ones(cdnow_full):
    data = cdnow_full
    fit = fit_purchase_model(MODEL, data.frequency, data.recency / 7, data.age / 7, method="mle")
    published = {"r": 0.2516, "alpha": 4.7889, "a": 0.7234, "b": 2.1611}
    assert fit.params == pytest.approx(published, abs=5e-5)
    assert fit.log_likelihood == pytest.approx(-95368.44, abs=0.005)
    assert (fit.customers, fit.repeaters, fit.repeat_purchases) == (23570, 9451, 24337)
    assert data.holdout.sum() == 19684


def test_weak_priors_move_little(cdnow_sample, sample_fit):
    data = cdnow_sample
    fit = fit_purchase_model(MODEL, data.frequency, data.recency / 7, data.age / 7, method="map")
    for name, value in fit.params.items():
        assert abs(value - sample_fit.params[name]) < 0.15 * sample_fit.standard_error[name]
    assert sample_fit.log_likelihood - 0.02 < fit.log_likelihood <= sample_fit.log_likelihood


def test_customer_one_is_the_printed_one(sample_fit):
    params = sample_fit.params
    value = MODEL.expected_purchases(params, 2, 30 + 3 / 7, 38 + 6 / 7, WEEKS)[0]
    assert value == pytest.approx(1.22603, abs=2e-4)


def test_calibration_histogram_fits_as_printed(cdnow_sample, sample_fit):
    data = cdnow_sample
    counts = np.arange(7)
    ages, customers = np.unique(data.age / 7, return_counts=True)
    shares = MODEL.probability_of_count(sample_fit.params, counts[:, None], ages)
    expected = shares @ customers
    expected = np.append(expected, customers.sum() - expected.sum())
    actual = np.bincount(np.minimum(data.frequency, 7), minlength=8)
    assert ((actual - expected) ** 2 / expected).sum() == pytest.approx(4.8211, abs=5e-4)


def test_holdout_errors_are_the_known_ones(cdnow_sample, sample_fit):
    data = cdnow_sample
    expected = MODEL.expected_purchases(
        sample_fit.params, data.frequency, data.recency / 7, data.age / 7, WEEKS
    )
    error = expected - data.holdout
    assert np.abs(error).mean() == pytest.approx(0.7855, abs=5e-5)
    assert np.sqrt((error**2).mean()) == pytest.approx(1.6080, abs=5e-5)
    assert error.sum() / data.holdout.sum() == pytest.approx(-0.1215, abs=5e-5)
    assert np.corrcoef(expected, data.holdout)[0, 1] == pytest.approx(0.6256, abs=5e-5)


def test_cumulative_purchases_by_week_78_are_the_known_ones(cdnow_sample, sample_fit):
    data = cdnow_sample
    expected = MODEL.expected_purchases_new_customer(sample_fit.params, data.age / 7 + WEEKS)
    assert expected.sum() / (2457 + 1882) - 1 == pytest.approx(-0.0411, abs=5e-5)
