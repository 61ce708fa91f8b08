"""Pareto/NBD on CDNOW: the figures in print, and those of the holdout."""

import numpy as np
import pytest
from scipy.stats import rankdata

from cltv.purchase.fitting import fit_purchase_model
from cltv.purchase.pareto_nbd import ParetoNBD

MODEL = ParetoNBD()
WEEKS = 39


def _fit(data, method="mle"):
    return fit_purchase_model(MODEL, data.frequency, data.recency / 7, data.age / 7, method=method)


@pytest.fixture(scope="module")
def sample_fit(cdnow_sample):
    return _fit(cdnow_sample)


@pytest.fixture(scope="module")
def full_fit(cdnow_full):
    return _fit(cdnow_full)


def test_sample_estimates_are_the_published_ones(sample_fit):
    published = {"r": 0.55328, "alpha": 10.57768, "s": 0.60624, "beta": 11.66886}
    assert sample_fit.params == pytest.approx(published, abs=5e-4)
    assert sample_fit.log_likelihood == pytest.approx(-9594.9762, abs=1e-4)
    assert sample_fit.converged
    assert sample_fit.boundary is None


def test_full_estimates_are_the_published_ones(full_fit):
    published = {"r": 0.5974, "alpha": 11.5857, "s": 0.5222, "beta": 8.8278}
    assert full_fit.params == pytest.approx(published, abs=5e-4)
    assert full_fit.log_likelihood == pytest.approx(-95415.12, abs=0.005)


def test_weak_priors_move_little(cdnow_sample, sample_fit):
    fit = _fit(cdnow_sample, "map")
    for name, value in fit.params.items():
        assert abs(value - sample_fit.params[name]) < 0.4 * sample_fit.standard_error[name]
    assert sample_fit.log_likelihood - 0.1 < fit.log_likelihood <= sample_fit.log_likelihood


def test_holdout_errors_are_the_known_ones(cdnow_sample, sample_fit):
    data = cdnow_sample
    history = (data.frequency, data.recency / 7, data.age / 7)
    expected = MODEL.expected_purchases(sample_fit.params, *history, WEEKS)
    error = expected - data.holdout
    assert np.abs(error).mean() == pytest.approx(0.7545, abs=5e-5)
    assert np.sqrt((error**2).mean()) == pytest.approx(1.6028, abs=5.1e-5)
    assert error.sum() / data.holdout.sum() == pytest.approx(-0.1150, abs=5e-5)
    assert np.corrcoef(expected, data.holdout)[0, 1] == pytest.approx(0.6302, abs=5e-5)


def test_cumulative_purchases_by_week_78_are_the_known_ones(cdnow_sample, sample_fit):
    age = cdnow_sample.age / 7
    expected = MODEL.expected_purchases_new_customer(sample_fit.params, age + WEEKS)
    assert expected.sum() / (2457 + 1882) - 1 == pytest.approx(-0.0159, abs=5e-5)


def _auc(score, happened):
    ranks, hits = rankdata(score)[happened], happened.sum()
    return (ranks.sum() - hits * (hits + 1) / 2) / (hits * (~happened).sum())


def _aucs(data, fit):
    history = (data.frequency, data.recency / 7, data.age / 7)
    active = MODEL.probability_active(fit.params, *history, WEEKS)
    expected = MODEL.expected_purchases(fit.params, *history, WEEKS)
    happened = data.holdout > 0
    return _auc(active, happened), _auc(expected, happened)


def test_who_buys_again_is_ranked_as_known_in_the_sample(cdnow_sample, sample_fit):
    active, expected = _aucs(cdnow_sample, sample_fit)
    assert active == pytest.approx(0.7712, abs=5.1e-5)
    assert expected == pytest.approx(0.7787, abs=5.1e-5)


def test_who_buys_again_is_ranked_as_known_in_the_whole_cohort(cdnow_full, full_fit):
    active, expected = _aucs(cdnow_full, full_fit)
    assert active == pytest.approx(0.7627, abs=5.1e-5)
    assert expected == pytest.approx(0.7687, abs=5.1e-5)
