"""Pareto/NBD: mathematics that needs no data."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import hyp2f1, hyperu
from scipy.stats import nbinom
from scipy.stats import poisson as poisson_distribution

from cltv.cells import purchase_cells
from cltv.purchase.counts import poisson_quantile
from cltv.purchase.fitting import fit_cells
from cltv.purchase.pareto_nbd import ParetoNBD

MODEL = ParetoNBD()
FITTED = {"r": 0.55328, "alpha": 10.57768, "s": 0.60624, "beta": 11.66886}
NOTE = (0.5534, 10.5802, 0.6061, 11.6562)
PAPER = (0.5629966, 12.5590370, 0.4081095, 10.5148048)

shapes = st.floats(-4, 4).map(np.exp)
scales = st.floats(-3, 7).map(np.exp)
parameters = st.tuples(shapes, scales, shapes, scales)


@st.composite
def histories(draw):
    """One possible history: (frequency, recency, age)."""
    frequency = draw(st.one_of(st.integers(0, 30), st.integers(0, 20_000)))
    age = draw(st.floats(0.2, 1000))
    recency = age * draw(st.floats(0.01, 1.0)) if frequency else 0.0
    return frequency, min(recency, age), age


# ---------- published figures


@pytest.mark.parametrize(
    ("history", "purchases", "alive"),
    [
        ((2, 213 / 7, 272 / 7), 1.4552, 0.8691),
        ((0, 0, 272 / 7), 0.1071, 0.2951),
        ((7, 206 / 7, 272 / 7), 3.7121, 0.7495),
    ],
)
def test_customers_one_three_and_six_are_the_printed_ones(history, purchases, alive):
    assert MODEL.expected_purchases(FITTED, *history, 39)[0] == pytest.approx(purchases, abs=5e-5)
    assert MODEL.probability_alive(FITTED, *history)[0] == pytest.approx(alive, abs=5e-5)


def test_a_frequent_buyer_is_the_printed_one():
    history = (26, 30.86, 31)
    assert MODEL.expected_purchases(FITTED, *history, 52)[0] == pytest.approx(25.46, abs=0.005)
    assert MODEL.probability_alive(FITTED, *history)[0] == pytest.approx(0.9979, abs=5e-5)


def test_expectation_of_a_new_customer_is_the_printed_one():
    assert MODEL.expected_purchases_new_customer(NOTE, 52) == pytest.approx(1.47307, abs=5e-6)


def test_more_purchases_before_the_same_silence_promise_less():
    frequency = np.array([10, 15, 20, 25])
    expected = MODEL.expected_purchases(NOTE, frequency, [20] * 4, [39] * 4, 52)
    assert expected[:3] == pytest.approx([0.70591, 0.14417, 0.022497], abs=5e-6)
    assert expected[3] == pytest.approx(0.0030915, abs=5e-8)


def test_discounted_residual_purchases_are_the_printed_ones():
    value = MODEL.discounted_purchases(PAPER, 7, 35, 77.86, 0.0027)[0]
    assert value == pytest.approx(1.8641833, abs=5e-8)
    row = MODEL.discounted_purchases(PAPER, np.arange(1, 11), [30] * 10, [77.86] * 10, 0.0027)
    printed = [2.1992, 2.8435, 2.8671, 2.4454, 1.8405, 1.2624, 0.8096, 0.4948, 0.2920, 0.1679]
    assert row == pytest.approx(printed, abs=5.1e-5)


def test_a_new_customer_is_worth_what_is_printed():
    # five digits of the parameters leave four of the value
    value = MODEL.discounted_purchases(FITTED, 0, 0, 0, 0.0027)[0]
    assert value == pytest.approx(3.954763, abs=1e-4)


# ---------- likelihood


def _piecewise(integrand, points):
    return sum(
        quad(integrand, low, high, epsabs=0, epsrel=1e-12, limit=400)[0]
        for low, high in pairwise(points)
        if high > low
    )


def _ends(params, frequency, recency, age):
    """Log of both ways a history can end: P(silence survived), P(dropout in the silence)."""
    r, alpha, s, beta = params
    top = -(r + frequency) * np.log(alpha + recency) - s * np.log(beta + recency)

    def density(u):
        level = -(r + frequency) * np.log(alpha + u) - s * np.log(beta + u) - top
        return s / (beta + u) * np.exp(level)

    width = (alpha + recency) / (r + frequency)
    points = [min(recency + step * width, age) for step in (0, 0.5, 2, 8, 32, 128)] + [age]
    lost = _piecewise(density, points)
    survived = -(r + frequency) * np.log(alpha + age) - s * np.log(beta + age) - top
    return np.exp(survived), lost, top


CASES = [
    ((0.55, 10.6, 0.61, 11.7), (0, 0.0, 39.0)),
    ((0.55, 10.6, 0.61, 11.7), (3, 20.0, 39.0)),
    ((0.55, 10.6, 0.61, 11.7), (3, 39.0, 39.0)),
    ((0.55, 10.6, 0.61, 11.7), (161, 75.0, 77.86)),
    ((0.2, 3.0, 1.0, 40.0), (1, 0.5, 60.0)),
    ((0.2, 40.0, 0.1, 0.3), (1, 0.5, 60.0)),
    ((5.0, 0.05, 3.0, 200.0), (40, 30.0, 31.0)),
    ((2.0, 500.0, 30.0, 4000.0), (20_000, 700.0, 701.0)),
    ((0.01, 4.0, 0.02, 9.0), (0, 0.0, 500.0)),
    ((1500.0, 2000.0, 1e-3, 1e5), (30, 30.0, 52.0)),
]


@pytest.mark.parametrize(("params", "history"), CASES)
def test_likelihood_and_alive_agree_with_numerical_integration(params, history):
    r, alpha, s, beta = params
    frequency = history[0]
    survived, lost, top = _ends(params, *history)
    rising = np.log(r + np.arange(frequency)).sum()
    brute = rising + r * np.log(alpha) + s * np.log(beta) + top + np.log(survived + lost)
    total, _ = MODEL.log_likelihood(params, purchase_cells(*[[value] for value in history]))
    assert total == pytest.approx(brute, rel=1e-11, abs=1e-9)
    alive = MODEL.probability_alive(params, *history)[0]
    assert alive == pytest.approx(survived / (survived + lost), rel=1e-9, abs=1e-13)


def test_the_closed_form_underflows_where_this_does_not():
    params, (frequency, recency, age) = (0.55, 10.6, 0.61, 11.7), (161, 100.0, 103.5)
    r, alpha, s, beta = params
    total = r + s + frequency

    def tail(t):
        z = (beta - alpha) / (beta + t)
        return hyp2f1(total, r + frequency, total + 1, z) * (beta + t) ** -total

    naive = tail(recency) - tail(age)
    assert naive == 0  # and so P(alive) would be 1
    alive = MODEL.probability_alive(params, frequency, recency, age)[0]
    survived, lost, _ = _ends(params, frequency, recency, age)
    assert alive == pytest.approx(survived / (survived + lost), rel=1e-10)
    assert alive < 0.95


@pytest.mark.parametrize(
    "params",
    [
        (0.55, 10.6, 0.61, 11.7),
        (0.55, 11.7, 0.61, 10.6),
        (3.0, 0.5, 4.0, 90.0),
        (3.0, 90.0, 4.0, 0.5),
        (0.55, 8.0, 0.61, 8.0),
        (0.01, 900.0, 1.0, 1.0),
    ],
)
def test_gradient_is_the_slope_of_the_likelihood(params):
    frequency, recency, age = [0, 1, 2, 7, 400, 3], [0, 3.0, 8.0, 30, 50.0, 9], [5, 9, 8, 38, 51, 9]
    cells = purchase_cells(frequency, recency, age, [3, 2, 5, 1, 1, 4])
    total, gradient = MODEL.log_likelihood(params, cells)
    values, scores = MODEL.cell_scores(params, cells)
    assert cells.weight @ values == pytest.approx(total, rel=1e-13)
    assert cells.weight @ scores == pytest.approx(gradient, rel=1e-9, abs=1e-9)
    for position in range(4):
        step = np.zeros(4)
        step[position] = 1e-5
        up, _ = MODEL.log_likelihood(np.exp(np.log(params) + step), cells)
        down, _ = MODEL.log_likelihood(np.exp(np.log(params) - step), cells)
        assert gradient[position] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-6)


def test_many_cells_say_the_same_as_each_alone():
    # many times of one frequency are interpolated, few are not
    rng = np.random.default_rng(3)
    age = rng.uniform(1, 150, 600)
    frequency = rng.integers(0, 4, 600)
    recency = np.where(frequency > 0, age * rng.uniform(0.01, 1, 600), 0.0)
    together = MODEL.probability_alive(FITTED, frequency, recency, age)
    rows = zip(frequency, recency, age, strict=True)
    alone = np.array([MODEL.probability_alive(FITTED, *row)[0] for row in rows])
    assert together == pytest.approx(alone, abs=1e-10)
    cells = purchase_cells(frequency, recency, age)
    total, _ = MODEL.log_likelihood(FITTED, cells)
    single = [
        MODEL.log_likelihood(FITTED, purchase_cells([x], [t], [end]))[0]
        for x, t, end in zip(cells.frequency, cells.recency, cells.age, strict=True)
    ]
    assert total == pytest.approx(sum(single), rel=1e-11)


def test_likelihood_survives_twenty_thousand_purchases():
    cells = purchase_cells([20_000, 19_999, 161], [1400.0, 3.0, 75.0], [1400.0, 1400.0, 78.0])
    total, gradient = MODEL.log_likelihood(FITTED, cells)
    assert np.isfinite(total)
    assert np.isfinite(gradient).all()


# ---------- predictions against other ways of computing them


@pytest.mark.parametrize(("params", "history"), CASES)
def test_probability_active_agrees_with_numerical_integration(params, history):
    r, alpha, s, beta = params
    frequency, _, age = history
    alive = MODEL.probability_alive(params, *history)[0]
    for horizon in (0.1, 13.0, 520.0):

        def first_purchase(u):
            rate = (r + frequency) / (alpha + age + u)
            silent = (r + frequency) * np.log1p(u / (alpha + age)) + s * np.log1p(u / (beta + age))
            return rate * np.exp(-silent)

        width = (alpha + age) / (r + frequency)
        points = [min(step * width, horizon) for step in (0, 1, 6, 40)] + [horizon]
        brute = alive * _piecewise(first_purchase, points)
        active = MODEL.probability_active(params, *history, horizon)[0]
        assert active == pytest.approx(brute, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("dropout", [(0.61, 11.7), (1.0, 11.7), (1.0 + 1e-9, 11.7), (9.0, 90.0)])
def test_expected_and_discounted_purchases_agree_with_numerical_integration(dropout):
    s, beta = dropout
    params, history = (0.7, 6.0, s, beta), (3, 11.0, 20.0)
    scale = MODEL.probability_alive(params, *history)[0] * 3.7 / 26.0
    for rate in (0.0, 0.002, 0.3):
        for horizon in (1.0, 52.0, 1500.0):

            def staying(u, rate=rate):
                return np.exp(-rate * u - s * np.log1p(u / (beta + 20.0)))

            points = [min(step, horizon) for step in (0, 10, 60, 300)] + [horizon]
            brute = scale * _piecewise(staying, points)
            value = MODEL.discounted_purchases(params, *history, rate, horizon)[0]
            assert value == pytest.approx(brute, rel=1e-9)
            if rate == 0:
                plain = MODEL.expected_purchases(params, *history, horizon)[0]
                assert value == plain


@pytest.mark.parametrize("s", [0.05, 0.6, 1.7, 4.3])
@pytest.mark.parametrize("rate", [1e-5, 0.0027, 0.1, 5.0])
def test_lifetime_value_is_tricomis_function(s, rate):
    params, history = (0.7, 6.0, s, 9.0), (3, 11.0, 20.0)
    z = rate * 29.0
    brute = MODEL.probability_alive(params, *history)[0] * 3.7 / 26.0 * 29.0 * hyperu(1, 2 - s, z)
    value = MODEL.discounted_purchases(params, *history, rate)[0]
    assert value == pytest.approx(brute, rel=1e-9)


def test_lifetime_value_of_short_lives_is_close_to_rate_over_hazard():
    # dropout rate 1000 / 2000 without spread: purchases at rate 1/4 until then
    params = (1e6, 4e6, 1e6, 2e6)
    value = MODEL.discounted_purchases(params, 0, 0, 0, 0.01)[0]
    assert value == pytest.approx(0.25 / (0.5 + 0.01), rel=1e-5)


@pytest.mark.parametrize("params", [(0.9, 6.0, 0.8, 20.0), (4.0, 3.0, 2.5, 60.0)])
def test_pmf_agrees_with_integration_over_the_lifetime(params):
    r, alpha, s, beta = params
    for t in (0.5, 26.0, 400.0):
        for count in (0, 1, 5, 40):

            def left(u, count=count):
                stayed = s / (beta + u) * (beta / (beta + u)) ** s
                return stayed * nbinom.pmf(count, r, alpha / (alpha + u))

            points = [min(step, t) for step in (0, 2, 10, 50, 150)] + [t]
            alive = nbinom.pmf(count, r, alpha / (alpha + t)) * (beta / (beta + t)) ** s
            brute = alive + _piecewise(left, points)
            value = MODEL.probability_of_count(params, count, t)
            assert value == pytest.approx(brute, rel=1e-9, abs=1e-15)


def test_pmf_adds_up_to_one_and_has_the_right_mean():
    counts = np.arange(0, 3000)
    for params in ((0.9, 6.0, 0.8, 20.0), (200.0, 100.0, 0.5, 3.0)):
        pmf = MODEL.probability_of_count(params, counts, 52.0)
        assert pmf.sum() == pytest.approx(1, abs=1e-9)
        mean = MODEL.expected_purchases_new_customer(params, 52.0)
        assert counts @ pmf == pytest.approx(mean, rel=1e-9)


@pytest.fixture(scope="module")
def simulated():
    """Latent rates, histories up to age 39 and the purchases of the next 52."""
    r, alpha, s, beta = params = (0.8, 7.0, 0.7, 12.0)
    rng = np.random.default_rng(20_240_601)
    n, age, horizon = 300_000, 39.0, 52.0
    rate = rng.gamma(r, 1 / alpha, n)
    life = rng.exponential(size=n) / rng.gamma(s, 1 / beta, n)
    count = rng.poisson(rate * np.minimum(life, age))
    # the last of that many uniform moments
    last = np.where(
        count > 0, np.minimum(life, age) * rng.random(n) ** (1 / np.maximum(count, 1)), 0
    )
    ahead = rng.poisson(rate * np.clip(life - age, 0, horizon))
    return params, count, last, age, horizon, life > age, ahead


def test_predictions_agree_with_simulation(simulated):
    params, count, last, age, horizon, alive, ahead = simulated
    history = (count, last, np.full(len(count), age))
    predicted = {
        "alive": (MODEL.probability_alive(params, *history), alive),
        "active": (MODEL.probability_active(params, *history, horizon), ahead > 0),
        "expected": (MODEL.expected_purchases(params, *history, horizon), ahead),
    }
    for low, high in ((0, 0), (1, 1), (2, 3), (4, 9), (10, 1000)):
        for since in (0, 8, 20):
            silence = age - last
            members = (count >= low) & (count <= high) & (silence >= since)
            if members.sum() < 500:
                continue
            for expected, actual in predicted.values():
                error = (actual[members] - expected[members]).mean()
                noise = (actual[members] - expected[members]).std() / np.sqrt(members.sum())
                assert abs(error) < 4.5 * noise


def test_draws_have_the_predictive_distribution():
    params, horizon = (0.8, 7.0, 0.7, 12.0), 52.0
    history = ([0, 2, 9, 60], [0.0, 30.0, 20.0, 38.0], [39.0] * 4)
    rng = np.random.default_rng(11)
    draws = MODEL.draw_purchases(params, *history, horizon, rng.uniform(size=(4_000, 5)))
    assert draws.dtype == np.int32
    assert draws.shape == (4, 4_000)
    expected = MODEL.expected_purchases(params, *history, horizon)
    active = MODEL.probability_active(params, *history, horizon)
    noise = draws.std(axis=1) / np.sqrt(4_000)
    assert (np.abs(draws.mean(axis=1) - expected) < 4 * noise).all()
    assert (np.abs((draws > 0).mean(axis=1) - active) < 4 * 0.5 / np.sqrt(4_000)).all()


def test_draws_for_a_customer_without_a_past_follow_the_pmf():
    params = (0.8, 7.0, 0.7, 12.0)
    uniforms = np.random.default_rng(12).uniform(size=(4_000, 5))
    draws = MODEL.draw_purchases(params, 0, 0, 0, 52.0, uniforms)[0]
    share = np.bincount(np.minimum(draws, 6), minlength=7) / len(draws)
    pmf = MODEL.probability_of_count(params, np.arange(6), 52.0)
    assert share[:6] == pytest.approx(pmf, abs=4 * 0.5 / np.sqrt(4_000))


def test_draws_for_the_heaviest_buyers_stay_whole_and_finite():
    uniforms = np.random.default_rng(13).uniform(size=(50, 5))
    history = ([20_000, 20_000, 161, 0], [1400.0, 2.0, 75.0, 0], [1400.0, 1400.0, 78.0, 0])
    draws = MODEL.draw_purchases((0.01, 0.05, 1e-3, 0.05), *history, 520.0, uniforms)
    assert (draws >= 0).all()
    draws = MODEL.draw_purchases(FITTED, *history, 520.0, uniforms)
    assert (draws >= 0).all()
    assert draws[0].max() < 20_000 * 520 / 1400 * 1.2


@pytest.mark.parametrize("uniform", [1e-9, 0.03, 0.5, 0.97, 1 - 1e-9])
def test_poisson_quantile_is_the_smallest_count_that_reaches_the_level(uniform):
    mean = np.concatenate([[0.0], np.geomspace(1e-6, 480, 200)])
    assert poisson_quantile(mean, uniform) == pytest.approx(
        np.maximum(poisson_distribution.ppf(uniform, mean), 0)
    )
    large = np.geomspace(480, 1e5, 400)
    error = poisson_quantile(large, uniform) - poisson_distribution.ppf(uniform, large)
    assert np.abs(error).max() <= 1
    assert (error != 0).mean() < 0.02


# ---------- shapes


def test_horizons_make_columns_and_a_single_one_does_not():
    frequency, recency, age = [0, 2, 2], [0, 30.43, 10.0], [38.86, 38.86, 38.86]
    for predict in (MODEL.expected_purchases, MODEL.probability_active):
        several = predict(FITTED, frequency, recency, age, [13, 39, 52])
        assert several.shape == (3, 3)
        assert several[:, 1] == pytest.approx(predict(FITTED, frequency, recency, age, 39))
    several = MODEL.discounted_purchases(FITTED, frequency, recency, age, 0.01, [13, 39])
    assert several.shape == (3, 2)
    assert MODEL.discounted_purchases(FITTED, frequency, recency, age, 0.01).shape == (3,)
    assert MODEL.expected_purchases_new_customer(FITTED, [1, 2]).shape == (2,)
    assert MODEL.probability_of_count(FITTED, [0, 1, 2], 3.0).shape == (3,)


def test_nobody_is_no_error():
    nothing = np.empty(0)
    assert MODEL.probability_alive(FITTED, nothing, nothing, nothing).shape == (0,)
    assert MODEL.expected_purchases(FITTED, nothing, nothing, nothing, [1, 2]).shape == (0, 2)
    assert MODEL.probability_active(FITTED, nothing, nothing, nothing, [1, 2]).shape == (0, 2)
    assert MODEL.discounted_purchases(FITTED, nothing, nothing, nothing, 0.1).shape == (0,)
    uniforms = np.full((3, 5), 0.5)
    assert MODEL.draw_purchases(FITTED, nothing, nothing, nothing, 1.0, uniforms).shape == (0, 3)


@pytest.mark.parametrize(
    ("rate", "horizon", "message"),
    [
        (0.0, None, "discount_rate must be above 0 where no horizon is given"),
        (-0.1, 5.0, "discount_rate must be finite and at least 0"),
        (0.1, -5.0, "horizon must be finite and at least 0"),
    ],
)
def test_impossible_discounting_is_refused(rate, horizon, message):
    with pytest.raises(ValueError, match=message):
        MODEL.discounted_purchases(FITTED, 0, 0, 5.0, rate, horizon)


# ---------- properties


@settings(max_examples=200, deadline=None)
@given(parameters, histories(), st.floats(0, 500))
def test_predictions_are_finite_and_probabilities_are_probabilities(params, history, horizon):
    alive = MODEL.probability_alive(params, *history)[0]
    active = MODEL.probability_active(params, *history, horizon)[0]
    expected = MODEL.expected_purchases(params, *history, horizon)[0]
    assert 0 <= active <= alive <= 1
    assert np.isfinite(expected)
    assert expected >= active * (1 - 1e-9) - 1e-9
    discounted = MODEL.discounted_purchases(params, *history, 0.01, horizon)[0]
    lifetime = MODEL.discounted_purchases(params, *history, 0.01)[0]
    assert 0 <= discounted <= expected * (1 + 1e-9)
    assert discounted <= lifetime * (1 + 1e-9)
    assert np.isfinite(lifetime)


@settings(max_examples=100, deadline=None)
@given(parameters, histories(), st.floats(0.1, 300))
def test_silence_makes_dropout_likelier(params, history, silence):
    frequency, recency, age = history
    later = MODEL.probability_alive(params, frequency, recency, age + silence)[0]
    now = MODEL.probability_alive(params, frequency, recency, age)[0]
    assert later <= now + 1e-9


@settings(max_examples=100, deadline=None)
@given(parameters, histories(), st.lists(st.floats(0.1, 500), min_size=2, max_size=5))
def test_a_longer_horizon_never_brings_less(params, history, horizons):
    ahead = np.sort(horizons)
    expected = MODEL.expected_purchases(params, *history, ahead)[0]
    active = MODEL.probability_active(params, *history, ahead)[0]
    discounted = MODEL.discounted_purchases(params, *history, 0.02, ahead)[0]
    assert (np.diff(expected) >= -1e-12 * expected[1:]).all()
    assert (np.diff(active) >= -1e-9).all()
    assert (np.diff(discounted) >= -1e-9 * discounted[1:]).all()


@settings(max_examples=100, deadline=None)
@given(parameters, histories(), st.floats(0.1, 500), st.floats(0.01, 500))
def test_the_time_unit_does_not_matter(params, history, horizon, unit):
    r, alpha, s, beta = params
    frequency, recency, age = history
    other = (r, alpha * unit, s, beta * unit)
    rescaled = (frequency, recency * unit, min(age * unit, age * unit), horizon * unit)
    here = MODEL.expected_purchases(params, *history, horizon)[0]
    assert MODEL.expected_purchases(other, *rescaled)[0] == pytest.approx(here, rel=1e-6, abs=1e-9)
    here = MODEL.probability_active(params, *history, horizon)[0]
    assert MODEL.probability_active(other, *rescaled)[0] == pytest.approx(here, abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(parameters, st.lists(histories(), min_size=1, max_size=6))
def test_likelihood_and_scores_are_finite_everywhere(params, rows):
    cells = purchase_cells(*map(list, zip(*rows, strict=True)))
    values, scores = MODEL.cell_scores(params, cells)
    total, gradient = MODEL.log_likelihood(params, cells)
    assert np.isfinite(values).all()
    assert np.isfinite(scores).all()
    assert cells.weight @ values == pytest.approx(total, rel=1e-10, abs=1e-10)
    assert cells.weight @ scores == pytest.approx(gradient, rel=1e-6, abs=1e-6)


def test_planted_parameters_come_back(simulated):
    params, count, last, age, *_ = simulated
    # whole days, so that there are cells to speak of
    recency = np.ceil(last * 7) / 7
    cells = purchase_cells(count[:40_000], recency[:40_000], np.full(40_000, age))
    fit = fit_cells(MODEL, cells, "mle")
    assert fit.converged
    for name, truth in zip(MODEL.parameter_names, params, strict=True):
        assert abs(fit.params[name] - truth) < 4 * fit.standard_error[name] + 0.02 * truth
