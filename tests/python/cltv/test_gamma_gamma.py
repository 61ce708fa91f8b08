"""Gamma-Gamma: published figures, units, gradient, errors."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma as gamma_distribution

from cltv.cells import spend_cells
from cltv.spend import expected_average_value, fit_gamma_gamma
from cltv.spend.gamma_gamma import _SpendProblem, log_likelihood

FITTED = {"p": 6.24957, "q": 3.74422, "v": 15.44352}


def _simulate(seed, customers, p=5.0, q=4.0, v=20.0):
    rng = np.random.default_rng(seed)
    rate = rng.gamma(q, 1 / v, customers)
    count = 1 + rng.geometric(0.4, customers)
    return count, rng.gamma(p * count) / rate / count


# ---------- published figures


def test_sample_estimates_are_the_published_ones(cdnow_sample):
    buys = cdnow_sample.repeat_count > 0
    count, mean = cdnow_sample.repeat_count[buys], cdnow_sample.repeat_mean[buys]
    fit = fit_gamma_gamma(count, mean, method="mle")
    assert fit.params == pytest.approx(FITTED, abs=2e-5)
    assert fit.log_likelihood == pytest.approx(-4055.9177, abs=1e-4)
    assert fit.mean_value == pytest.approx(35.0778, abs=5e-5)
    assert fit.population_mean == pytest.approx(35.17, abs=0.005)
    assert fit.converged
    assert fit.boundary is None


def test_full_estimates_are_the_published_ones(cdnow_full):
    buys = (cdnow_full.repeat_count > 0) & (cdnow_full.repeat_mean > 0)
    assert buys.sum() == (cdnow_full.repeat_count > 0).sum() - 1
    count, mean = cdnow_full.repeat_count[buys], cdnow_full.repeat_mean[buys]
    fit = fit_gamma_gamma(count, mean, method="mle")
    assert fit.params == pytest.approx({"p": 6.275, "q": 3.624, "v": 14.984}, abs=5e-4)
    assert fit.log_likelihood == pytest.approx(-40763.48, abs=0.005)


def test_first_ten_customers_are_the_printed_ones(cdnow_sample):
    data = cdnow_sample
    values = expected_average_value(FITTED, data.repeat_count[:10], data.repeat_mean[:10])
    printed = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert values == pytest.approx(printed, abs=0.005)


# ---------- mathematics


def test_likelihood_is_the_integral_over_the_rate():
    p, q, v = 5.0, 3.0, 20.0
    count, mean = 3, 14.0
    brute, _ = quad(
        lambda rate: (
            gamma_distribution.pdf(mean, p * count, scale=1 / (rate * count))
            * gamma_distribution.pdf(rate, q, scale=1 / v)
        ),
        0,
        5,
        epsabs=1e-14,
    )
    assert log_likelihood((p, q, v), count, mean) == pytest.approx(np.log(brute), rel=1e-9)


@pytest.mark.parametrize("theta", [(1.8, 1.0, -0.8), (-2.0, 3.0, 4.0), (5.0, -4.0, 0.0)])
def test_gradient_is_the_slope_of_the_likelihood(theta):
    problem = _SpendProblem(spend_cells([1, 2, 9, 4000], [0.2, 3.0, 1.0, 1.2], [4, 2, 1, 1]))
    theta = np.array(theta)
    _, gradient = problem.mean_log_likelihood(theta)
    scores = problem.scores(theta)
    assert problem.weight @ scores / problem.customers == pytest.approx(gradient)
    for position in range(3):
        step = np.zeros(3)
        step[position] = 1e-5
        up, _ = problem.mean_log_likelihood(theta + step)
        down, _ = problem.mean_log_likelihood(theta - step)
        assert gradient[position] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-6)


def test_simulated_parameters_are_found():
    count, mean = _simulate(1, 40_000)
    fit = fit_gamma_gamma(count, mean, method="mle")
    for name, truth in {"p": 5.0, "q": 4.0, "v": 20.0}.items():
        assert abs(fit.params[name] - truth) < 4 * fit.standard_error[name]
        assert fit.lower_95[name] < fit.params[name] < fit.upper_95[name]
    assert fit.population_mean == pytest.approx(5 * 20 / 3, rel=0.02)
    assert fit.lower_95["q"] > 1


def test_the_expected_value_is_the_mean_of_what_comes_next():
    rng = np.random.default_rng(8)
    n, p, q, v = 400_000, 5.0, 4.0, 20.0
    rate = rng.gamma(q, 1 / v, n)
    mean = rng.gamma(2 * p, size=n) / rate / 2
    following = rng.gamma(p, size=n) / rate
    expected = expected_average_value((p, q, v), 2, mean)
    for low, high in ((0, 15), (20, 30), (60, 90)):
        group = (mean > low) & (mean < high)
        spread = following[group].std() / np.sqrt(group.sum())
        assert following[group].mean() == pytest.approx(expected[group].mean(), abs=4 * spread)


@pytest.mark.parametrize("method", ["map", "mle"])
@pytest.mark.parametrize("unit", [100.0, 1e-6, 1e6])
def test_estimates_do_not_know_the_currency(method, unit):
    count, mean = _simulate(2, 1500)
    fit = fit_gamma_gamma(count, mean, method=method)
    other = fit_gamma_gamma(count, mean * unit, method=method)
    assert other.params["p"] == pytest.approx(fit.params["p"], rel=1e-6)
    assert other.params["q"] == pytest.approx(fit.params["q"], rel=1e-6)
    assert other.params["v"] == pytest.approx(fit.params["v"] * unit, rel=1e-6)
    assert other.standard_error["v"] == pytest.approx(fit.standard_error["v"] * unit, rel=1e-5)
    assert other.log_likelihood == pytest.approx(
        log_likelihood(other.params, count, mean * unit), abs=1e-6
    )


def test_weights_are_customers_and_order_does_not_matter():
    count, mean = _simulate(3, 800)
    mean = np.round(mean, 0) + 1
    cells = spend_cells(count, mean)
    assert len(cells) < 800
    weighted = fit_gamma_gamma(cells.count, cells.mean, cells.weight)
    expanded = fit_gamma_gamma(count, mean)
    backwards = fit_gamma_gamma(count[::-1], mean[::-1])
    assert weighted.params == expanded.params == backwards.params
    assert weighted.standard_error == expanded.standard_error == backwards.standard_error


def test_standard_errors_agree_with_a_bootstrap():
    count, mean = _simulate(5, 800)
    fit = fit_gamma_gamma(count, mean, method="mle")
    rng = np.random.default_rng(6)
    logs = []
    for _ in range(100):
        drawn = rng.integers(0, len(count), len(count))
        again = fit_gamma_gamma(count[drawn], mean[drawn], method="mle").params
        logs.append(np.log([again["p"], again["q"] - 1, again["v"]]))
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(np.std(logs, axis=0), rel=0.25)


def test_a_customer_lies_between_the_population_and_herself():
    params = (5.0, 4.0, 20.0)
    population = expected_average_value(params, 0, 0)
    assert population == pytest.approx(5 * 20 / 3)
    counts = np.arange(1, 200)
    values = expected_average_value(params, counts, 100.0)
    assert ((values > population) & (values < 100)).all()
    assert (np.diff(values) > 0).all()


def test_nearly_equal_means_are_on_the_boundary_and_say_so():
    rng = np.random.default_rng(9)
    mean = 20 * np.exp(rng.normal(0, 1e-3, 500))
    fit = fit_gamma_gamma(rng.integers(1, 5, 500), mean, method="mle")
    assert "at its limit" in fit.boundary


# ---------- errors


@pytest.mark.parametrize("params", [(1, 1, 1), (0, 2, 1), (1, 2, -1), (1, float("nan"), 1)])
def test_bad_parameters_are_refused(params):
    with pytest.raises(ValueError, match="p > 0, q > 1, v > 0"):
        expected_average_value(params, 1, 1)


@pytest.mark.parametrize(("count", "mean"), [(-1, 1), (1, 0), (1, float("nan")), (np.inf, 1)])
def test_bad_values_are_refused(count, mean):
    with pytest.raises(ValueError, match="must be finite"):
        expected_average_value(FITTED, count, mean)


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(ValueError, match="no customers"):
        fit_gamma_gamma([], [])
    with pytest.raises(ValueError, match="all means are equal"):
        fit_gamma_gamma([1, 2, 3], [10.0, 10.0, 10.0])
    with pytest.raises(ValueError, match="method must be one of"):
        fit_gamma_gamma([1, 2], [10.0, 11.0], method="mcmc")
