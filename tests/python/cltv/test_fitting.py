"""Fitting purchase models: units, weights, sampling, errors, boundaries."""

import numpy as np
import pytest

from cltv import maximum_likelihood
from cltv.cells import purchase_cells
from cltv.maximum_likelihood import optimise
from cltv.purchase import BGNBD, MODELS, draw_parameters, fit_purchase_model
from cltv.purchase.fitting import PurchaseProblem, fit_cells

MODEL = BGNBD()


def _relative(fit, other):
    return max(abs(fit.params[name] / other.params[name] - 1) for name in fit.params)


@pytest.fixture(scope="module")
def data(simulate):
    return simulate(1, 3000)


@pytest.mark.parametrize("method", ["map", "mle"])
def test_estimates_do_not_know_the_time_unit(data, method):
    days = fit_purchase_model(MODEL, data.frequency, data.recency, data.age, method=method)
    for unit in (7.0, 365.25, 1 / 86_400):
        fit = fit_purchase_model(
            MODEL, data.frequency, data.recency / unit, data.age / unit, method=method
        )
        assert fit.params["alpha"] * unit == pytest.approx(days.params["alpha"], rel=1e-6)
        assert fit.standard_error["a"] == pytest.approx(days.standard_error["a"], rel=1e-5)
        for name in ("r", "a", "b"):
            assert fit.params[name] == pytest.approx(days.params[name], rel=1e-6)
        total, _ = MODEL.log_likelihood(
            fit.params, purchase_cells(data.frequency, data.recency / unit, data.age / unit)
        )
        assert fit.log_likelihood == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize("method", ["map", "mle"])
def test_weights_are_customers(data, method):
    cells = purchase_cells(data.frequency, data.recency, data.age)
    assert len(cells) < len(data.frequency)
    weighted = fit_purchase_model(
        MODEL, cells.frequency, cells.recency, cells.age, cells.weight, method
    )
    expanded = fit_purchase_model(MODEL, data.frequency, data.recency, data.age, method=method)
    assert _relative(weighted, expanded) < 1e-6
    assert weighted.covariance == pytest.approx(expanded.covariance, rel=1e-5)


def test_order_of_the_rows_does_not_matter_at_all(data):
    order = np.random.default_rng(3).permutation(len(data.frequency))
    fit = fit_purchase_model(MODEL, data.frequency, data.recency, data.age)
    shuffled = fit_purchase_model(
        MODEL, data.frequency[order], data.recency[order], data.age[order]
    )
    assert shuffled.params == fit.params
    assert shuffled.standard_error == fit.standard_error
    assert shuffled.log_likelihood == fit.log_likelihood


def test_sampling_first_ends_at_the_same_place(simulate, monkeypatch):
    data = simulate(2, 30_000)
    cells = purchase_cells(data.frequency, data.recency, data.age)
    direct = fit_cells(MODEL, cells, "mle")
    monkeypatch.setattr(maximum_likelihood, "TWO_STAGE_ROWS", 1000)
    monkeypatch.setattr(maximum_likelihood, "SAMPLE_ROWS", 2000)
    staged = fit_cells(MODEL, cells, "mle")
    assert _relative(staged, direct) < 1e-8


def test_the_gradient_vanishes_at_the_estimate(data):
    fit = fit_purchase_model(MODEL, data.frequency, data.recency, data.age, method="mle")
    cells = purchase_cells(data.frequency, data.recency, data.age)
    _, gradient = MODEL.log_likelihood(fit.params, cells)
    assert np.abs(gradient).max() < 1e-6


def test_start_does_not_matter(data, monkeypatch):
    fit = fit_purchase_model(MODEL, data.frequency, data.recency, data.age, method="mle")
    rng = np.random.default_rng(5)
    for _ in range(10):
        start = rng.normal(0, 2, 4)
        monkeypatch.setattr(BGNBD, "centre", lambda self, cells, start=start: start)
        other = fit_purchase_model(MODEL, data.frequency, data.recency, data.age, method="mle")
        assert other.converged
        assert _relative(other, fit) < 1e-6


def test_standard_errors_agree_with_resampling(simulate):
    data = simulate(7, 1500)
    fits = {
        errors: fit_purchase_model(
            MODEL, data.frequency, data.recency, data.age, method="mle", errors=errors
        )
        for errors in ("sandwich", "bootstrap")
    }
    cells = purchase_cells(data.frequency, data.recency, data.age)
    rng = np.random.default_rng(11)
    logs = []
    for _ in range(100):
        weight = rng.multinomial(len(data.frequency), cells.weight / cells.weight.sum())
        drawn = weight > 0
        again = fit_purchase_model(
            MODEL,
            cells.frequency[drawn],
            cells.recency[drawn],
            cells.age[drawn],
            weight[drawn],
            method="mle",
        )
        logs.append(np.log(list(again.params.values())))
    for fit in fits.values():
        error = np.sqrt(np.diag(fit.covariance))
        assert error == pytest.approx(np.std(logs, axis=0), rel=0.25)
    assert fits["bootstrap"].params == fits["sandwich"].params


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_refits_with_random_weights_agree_with_the_sandwich(model, simulate):
    data = simulate(7, 3000)
    error = {}
    for errors in ("sandwich", "bootstrap", "auto"):
        fit = fit_purchase_model(model, data.frequency, data.recency, data.age, errors=errors)
        error[errors] = np.sqrt(np.diag(fit.covariance))
    assert error["bootstrap"] == pytest.approx(error["sandwich"], rel=0.25)
    assert (error["auto"] == error["bootstrap"]).all()


def test_four_times_the_customers_halve_the_error(simulate):
    data = simulate(7, 1500)
    once = fit_purchase_model(MODEL, data.frequency, data.recency, data.age, method="mle")
    weight = np.full(len(data.age), 4.0)
    doubled = fit_purchase_model(MODEL, data.frequency, data.recency, data.age, weight, "mle")
    assert np.diag(doubled.covariance) * 4 == pytest.approx(np.diag(once.covariance), rel=1e-3)


def test_parameter_draws_have_the_covariance_of_the_fit(data):
    fit = fit_purchase_model(MODEL, data.frequency, data.recency, data.age)
    normals = np.random.default_rng(1).normal(size=(40_000, 4))
    drawn = np.log(draw_parameters(fit, normals))
    assert drawn.mean(axis=0) == pytest.approx(np.log(list(fit.params.values())), abs=0.01)
    assert np.cov(drawn, rowvar=False) == pytest.approx(fit.covariance, rel=0.05, abs=1e-4)
    with pytest.raises(ValueError, match=r"normals must have shape \(d, 4\), got \(5, 3\)"):
        draw_parameters(fit, np.zeros((5, 3)))


def test_intervals_are_symmetric_on_the_log_scale(data):
    fit = fit_purchase_model(MODEL, data.frequency, data.recency, data.age)
    for position, name in enumerate(MODEL.parameter_names):
        value, error = fit.params[name], fit.standard_error[name]
        assert fit.lower_95[name] * fit.upper_95[name] == pytest.approx(value**2)
        assert fit.upper_95[name] == pytest.approx(value * np.exp(1.959964 * error / value))
        assert error == pytest.approx(value * np.sqrt(fit.covariance[position, position]))


def test_intervals_hold_the_truth(simulate):
    truth = {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.5}
    data = simulate(21, 40_000, days=(365, 700))
    # buying within a day is merged in the simulation, too: allow for it with wider intervals
    fit = fit_purchase_model(MODEL, data.frequency, data.recency / 7, data.age / 7, method="mle")
    for name, value in truth.items():
        assert abs(fit.params[name] - value) < 6 * fit.standard_error[name]


def test_nobody_leaving_is_reported_and_not_refused():
    rng = np.random.default_rng(4)
    age = np.full(1500, 300)
    rate = rng.gamma(2.0, 1 / 60, 1500)
    gaps = rng.exponential(size=(1500, 80)) / rate[:, None]
    times = np.ceil(np.cumsum(gaps, axis=1))
    frequency = np.array([len(np.unique(row[row <= 300])) for row in times])
    recency = np.array([row[row <= 300].max(initial=0) for row in times])
    for method in ("map", "mle"):
        fit = fit_purchase_model(MODEL, frequency, recency, age, method=method)
        assert fit.converged
        assert fit.boundary
        alive = MODEL.probability_alive(fit.params, frequency, recency, age)
        assert ((alive >= 0) & (alive <= 1)).all()
        assert np.isfinite(MODEL.expected_purchases(fit.params, frequency, recency, age, 365)).all()


def test_priors_keep_small_samples_off_the_boundary(simulate):
    for seed in range(20):
        data = simulate(100 + seed, 60)
        fit = fit_purchase_model(MODEL, data.frequency, data.recency, data.age, method="map")
        assert fit.converged
        assert "limit" not in (fit.boundary or "")


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (([0, 0], [0, 0], [0, 0]), "observed for any time"),
        (([0, 0], [0, 0], [5, 9]), "bought again"),
        (([], [], []), "observed for any time"),
    ],
)
def test_what_cannot_be_fitted_is_refused(history, message):
    with pytest.raises(ValueError, match=message):
        fit_purchase_model(MODEL, *history)


def test_unknown_options_are_refused(data):
    with pytest.raises(ValueError, match="errors must be one of sandwich, bootstrap, got 'exact'"):
        fit_purchase_model(MODEL, data.frequency, data.recency, data.age, errors="exact")
    with pytest.raises(ValueError, match="method must be one of map, mle"):
        fit_purchase_model(MODEL, data.frequency, data.recency, data.age, method="mcmc")


def test_a_start_far_off_leads_to_the_summit(cdnow_full):
    """Starts of the robustness benchmark from which a search was once led onto a plateau."""
    weeks = cdnow_full.recency / 7, cdnow_full.age / 7
    fit = fit_purchase_model(BGNBD(), cdnow_full.frequency, *weeks, method="mle")
    problem = PurchaseProblem(fit.model, fit.scaled_cells)
    best = fit.log_likelihood + fit.repeat_purchases * np.log(fit.mean_age)
    for away in ([4.063, -0.699, -1.218, 0.677], [1.288, 3.069, 2.784, 4.633]):
        start = fit.model.centre(fit.scaled_cells) + np.array(away)
        assert optimise(problem, start, "mle").log_likelihood == pytest.approx(best, abs=0.01)
