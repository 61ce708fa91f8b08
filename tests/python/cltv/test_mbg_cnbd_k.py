"""MBG/CNBD-k: mathematics, simulated regular buyers, and CDNOW at k = 1."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betainc, gammaln
from scipy.stats import beta as beta_distribution
from scipy.stats import erlang
from scipy.stats import gamma as gamma_distribution

from cltv.cells import purchase_cells
from cltv.purchase.fitting import fit_cells, fit_purchase_model
from cltv.purchase.mbg_cnbd_k import MBGCNBDk, fit_cnbd_k
from cltv.purchase.mbg_nbd import MBGNBD

shapes = st.floats(-4, 4).map(np.exp)
parameters = st.tuples(shapes, st.floats(-3, 7).map(np.exp), shapes, shapes)
MBG = (0.52484, 6.18309, 0.89136, 1.61400)


@st.composite
def histories(draw):
    """One possible history: (frequency, recency, age)."""
    frequency = draw(st.one_of(st.integers(0, 30), st.integers(0, 20_000)))
    age = draw(st.floats(0.2, 1000))
    recency = age * draw(st.floats(0.01, 1.0)) if frequency else 0.0
    return frequency, min(recency, age), age


# ---------- k = 1 is the MBG/NBD


def _mbg_log_likelihood(params, x, recency, age):
    """Log-likelihood of the MBG/NBD as in print, Batislam et al. (2007)."""
    r, alpha, a, b = params
    n = x + 1
    level = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    level += gammaln(a + b) - gammaln(a + b + n) + gammaln(b + n) - gammaln(b)
    alive = -(r + x) * np.log(alpha + age)
    left = np.log(a) - np.log(b + x) - (r + x) * np.log(alpha + recency)
    return level + np.logaddexp(alive, left)


def test_with_one_event_per_purchase_it_is_the_mbg_nbd():
    history = (
        np.array([0, 1, 2, 7, 40]),
        np.array([0, 3.0, 8, 30, 50]),
        np.array([5.0, 9, 8, 38, 51]),
    )
    cells = purchase_cells(*history, log_gap_sum=[0, 9.9, 9.9, 9.9, 9.9])
    values, _ = MBGCNBDk(1).cell_scores(MBG, cells)
    printed = _mbg_log_likelihood(MBG, cells.frequency, cells.recency, cells.age)
    assert values == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize("params", [MBG, (0.3, 2.0, 0.3, 0.5), (2.0, 30.0, 3.0, 4.0)])
def test_with_one_event_per_purchase_it_predicts_what_the_mbg_nbd_does(params):
    history = ([0, 1, 3, 20, 60], [0, 30.0, 30.0, 30.0, 39.0], [39.0] * 5)
    ours, theirs = MBGCNBDk(1), MBGNBD()
    for rate, horizon in ((0.0, [1.0, 52.0, 500.0]), (0.002, [13.0, 156.0]), (0.002, None)):
        value = ours.discounted_purchases(params, *history, rate, horizon)
        other = theirs.discounted_purchases(params, *history, rate, horizon)
        assert value == pytest.approx(other, rel=1e-6, abs=1e-12)
    active = theirs.probability_active(params, *history, [1.0, 52.0])
    assert ours.probability_active(params, *history, [1.0, 52.0]) == pytest.approx(
        active, abs=1e-10
    )


@pytest.mark.parametrize(
    ("history", "purchases", "alive"),
    [
        ((2, 213 / 7, 272 / 7), 1.2628, 0.7061),
        ((0, 0, 272 / 7), 0.1540, 0.3897),
        ((7, 206 / 7, 272 / 7), 3.1672, 0.6227),
    ],
)
def test_customers_one_three_and_six_are_the_printed_ones(history, purchases, alive):
    model = MBGCNBDk(1)
    assert model.expected_purchases(MBG, *history, 39)[0] == pytest.approx(purchases, abs=5.5e-5)
    assert model.probability_alive(MBG, *history)[0] == pytest.approx(alive, abs=5e-5)


def test_sample_estimates_are_the_published_ones(cdnow_sample):
    data = cdnow_sample
    history = (data.frequency, data.recency / 7, data.age / 7)
    fit = fit_purchase_model(MBGCNBDk(1), *history, method="mle")
    published = {"r": 0.52484, "alpha": 6.18309, "a": 0.89136, "b": 1.61400}
    assert fit.params == pytest.approx(published, abs=5e-4)
    assert fit.log_likelihood == pytest.approx(-9582.1357, abs=1e-4)
    expected = MBGCNBDk(1).expected_purchases(fit.params, *history, 39)
    error = expected - data.holdout
    assert np.abs(error).mean() == pytest.approx(0.7648, abs=5.1e-5)
    assert np.sqrt((error**2).mean()) == pytest.approx(1.6072, abs=5.1e-5)
    assert error.sum() / data.holdout.sum() == pytest.approx(-0.1622, abs=5.1e-5)


# ---------- likelihood


def _over_rate_and_dropout(params, integrand):
    """Integrate over both latent numbers: the trapezoidal rule in their log and log-odds."""
    r, alpha, a, b = params
    log_rate, step = np.linspace(-40, 6, 1201, retstep=True)
    logit, stride = np.linspace(-25, 25, 801, retstep=True)
    rate, p = np.exp(log_rate)[:, None], 1 / (1 + np.exp(-logit))
    density = gamma_distribution.pdf(rate, r, scale=1 / alpha) * rate
    density = density * beta_distribution.pdf(p, a, b) * p * (1 - p)
    return (density * integrand(rate, p)).sum() * step * stride


@pytest.mark.parametrize("k", [1, 2, 3, 7])
def test_likelihood_and_alive_are_integrals_over_rate_and_dropout(k):
    params, gaps, age = (0.7, 5.0 / k, 1.4, 2.2), np.array([3.0, 6.0, 2.0]), 20.0
    x, recency = len(gaps), gaps.sum()

    def bought(rate):
        return np.prod([erlang.pdf(gap, k, scale=1 / rate) for gap in gaps], axis=0)

    def stayed(rate, p):
        return (1 - p) ** (x + 1) * bought(rate) * erlang.sf(age - recency, k, scale=1 / rate)

    def left(rate, p):
        return p * (1 - p) ** x * bought(rate)

    alive, lost = (_over_rate_and_dropout(params, ending) for ending in (stayed, left))
    cells = purchase_cells([x], [recency], [age], log_gap_sum=[np.log(gaps).sum()])
    total, _ = MBGCNBDk(k).log_likelihood(params, cells)
    assert np.exp(total) == pytest.approx(alive + lost, rel=1e-9)
    value = MBGCNBDk(k).probability_alive(params, x, recency, age)[0]
    assert value == pytest.approx(alive / (alive + lost), rel=1e-9)


@pytest.mark.parametrize("k", [1, 2, 5, 12])
@pytest.mark.parametrize(
    "params", [(0.24, 4.4, 0.8, 2.4), (3.0, 0.5, 4.0, 0.3), (80.0, 90.0, 1, 1)]
)
def test_gradient_is_the_slope_of_the_likelihood(k, params):
    model = MBGCNBDk(k)
    frequency, recency, age = [0, 1, 2, 7, 60], [0, 3.0, 8.0, 30.0, 50.0], [5, 9, 8, 38, 50.5]
    cells = purchase_cells(frequency, recency, age, [3, 2, 5, 1, 1])
    _, gradient = model.log_likelihood(params, cells)
    for position in range(4):
        step = np.zeros(4)
        step[position] = 1e-5
        up, _ = model.log_likelihood(np.exp(np.log(params) + step), cells)
        down, _ = model.log_likelihood(np.exp(np.log(params) - step), cells)
        assert gradient[position] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-6)


# ---------- expectations


def _series(k, params, frequency, since, horizon, stage):
    """Chance of every further purchase, added up: the plain definition, many terms."""
    r, _, a, b = params
    number = np.arange(1.0, 12_001.0)
    tail = betainc(number * k - stage, r + k * frequency + stage, horizon / (since + horizon))
    ratio = (b + frequency + number) / (a + b + frequency + number)
    stays = np.concatenate([[1.0], np.cumprod(ratio[:-1])])
    return (stays * tail).sum()


@pytest.mark.parametrize("k", [1, 2, 3, 12])
@pytest.mark.parametrize(
    "params", [(0.5, 6.0, 0.9, 1.6), (0.25, 3.0, 0.2, 0.5), (30.0, 300.0, 0.8, 2), (0.6, 3, 1.0, 9)]
)
def test_expectation_by_stage_is_the_sum_over_further_purchases(k, params):
    r, alpha, a, b = params
    params = (r, alpha / k, a, b)
    since = params[1] + 20.0
    for frequency in (0.0, 4.0, 300.0):
        horizons = np.array([0.05, 5.0, 52.0, 200.0])
        values = MBGCNBDk(k)._expected(params, frequency, horizons / since)
        for stage in {0, k - 1}:
            brute = [_series(k, params, frequency, since, time, stage) for time in horizons]
            assert values[stage] == pytest.approx(brute, rel=1e-8, abs=1e-11)


def test_many_ages_say_the_same_as_each_alone():
    rng = np.random.default_rng(3)
    for k, params in (
        (1, (0.5, 6.0, 0.9, 1.6)),
        (3, (0.5, 2.0, 0.9, 1.6)),
        (8, (2.0, 1.0, 0.9, 2)),
    ):
        model = MBGCNBDk(k)
        age = rng.uniform(1, 150, 500)
        frequency = rng.integers(0, 3, 500) * 5
        recency = np.where(frequency > 0, age * rng.uniform(0.5, 1, 500), 0.0)
        some = slice(0, None, 25)
        for rate, horizon in ((0.0, [2.0, 52.0]), (0.002, [156.0])):
            history = (frequency, recency, age)
            together = model.discounted_purchases(params, *history, rate, horizon)[some]
            alone = [
                model.discounted_purchases(params, *row, rate, horizon)[0]
                for row in zip(*(values[some] for values in history), strict=True)
            ]
            assert together == pytest.approx(np.array(alone), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("history", [(0, 0.0, 3.0), (3, 11.0, 20.0), (120, 39.0, 40.0)])
def test_discounted_purchases_agree_with_numerical_integration(k, history):
    params, rate = (0.7, 6.0 / k, 0.9, 2.2), 0.01
    model = MBGCNBDk(k)

    def worth(u):
        return rate * np.exp(-rate * u) * model.expected_purchases(params, *history, u)[0]

    for horizon in (26.0, 3000.0):
        pieces = [0, 1, 5, 26, 100, 400, 3000]
        inside = [point for point in pieces if point <= horizon]
        brute = sum(
            quad(worth, low, high, epsabs=1e-12, epsrel=1e-9)[0] for low, high in pairwise(inside)
        )
        brute += np.exp(-rate * horizon) * model.expected_purchases(params, *history, horizon)[0]
        value = model.discounted_purchases(params, *history, rate, horizon)[0]
        assert value == pytest.approx(brute, rel=1e-7)
    # what lies beyond 30 e-folds is worth nothing
    assert model.discounted_purchases(params, *history, rate)[0] == pytest.approx(brute, rel=1e-7)


def test_lifetime_value_of_known_rates_is_a_geometric_series():
    # known rate and dropout: purchase n happens with (1 - p)^(n - 1), discounted rate/(rate + d)
    p, purchase_rate, discount = 0.2, 0.5, 0.03
    params = (1e6, 1e6 / purchase_rate, 1e6 * p, 1e6 * (1 - p))
    for k in (1, 3):
        stretched = (params[0], params[1] / k, *params[2:])
        per_purchase = (k * purchase_rate / (k * purchase_rate + discount)) ** k
        lifetime = per_purchase / (1 - (1 - p) * per_purchase)
        value = MBGCNBDk(k).discounted_purchases(stretched, 0, 0, 0, discount)[0]
        # a new customer leaves at once with probability p
        assert value == pytest.approx((1 - p) * lifetime, rel=1e-5)


# ---------- simulated regular buyers


def _simulate(seed, customers, k, params, ages, horizon):
    """Purchases at every k-th event; dropout after any purchase, the first one included."""
    r, alpha, a, b = params
    rng = np.random.default_rng(seed)
    age, rate = rng.uniform(*ages, customers), rng.gamma(r, 1 / alpha, customers)
    loss = rng.beta(a, b, customers)
    count, last, log_gaps, ahead = np.zeros((4, customers))
    clock, alive = np.zeros(customers), rng.random(customers) > loss
    active = np.flatnonzero(alive)
    while len(active):
        gap = rng.gamma(k, 1 / rate[active])
        clock[active] += gap
        past = clock[active] <= age[active]
        log_gaps[active[past]] += np.log(gap[past])
        count[active[past]] += 1
        last[active[past]] = clock[active[past]]
        coming = ~past & (clock[active] <= age[active] + horizon)
        ahead[active[coming]] += 1
        leaves = rng.random(len(active)) < loss[active]
        alive[active[leaves & past]] = False
        active = active[~leaves & (past | coming)]
    return SimpleNamespace(
        frequency=count, recency=last, age=age, log_gaps=log_gaps, ahead=ahead, alive=alive
    )


@pytest.mark.parametrize("k", [2, 4])
def test_predictions_agree_with_simulation(k):
    params, horizon = (0.9, 7.0 / k, 0.9, 2.5), 30.0
    data = _simulate(5, 150_000, k, params, (15, 60), horizon)
    model, history = MBGCNBDk(k), (data.frequency, data.recency, data.age)
    predicted = [
        (model.probability_alive(params, *history), data.alive),
        (model.probability_active(params, *history, horizon), data.ahead > 0),
        (model.expected_purchases(params, *history, horizon), data.ahead),
    ]
    silence = data.age - data.recency
    compared = 0
    for low, high in ((0, 0), (1, 1), (2, 3), (4, 9), (10, 1000)):
        for since, until in ((0, 5), (5, 15), (15, 60)):
            members = (data.frequency >= low) & (data.frequency <= high)
            members &= (silence >= since) & (silence < until)
            if members.sum() < 500:
                continue
            compared += 1
            for expected, actual in predicted:
                error = actual[members] - expected[members]
                assert abs(error.mean()) < 4.5 * error.std() / np.sqrt(members.sum())
    assert compared >= 10


def test_new_customers_agree_with_simulation():
    k, params = 3, (0.9, 2.5, 0.9, 2.5)
    data = _simulate(6, 100_000, k, params, (39.999, 40), 0.001)
    model, noise = MBGCNBDk(k), 4 / np.sqrt(100_000)
    mean = model.expected_purchases_new_customer(params, 40.0)
    assert data.frequency.mean() == pytest.approx(mean, abs=noise * data.frequency.std())
    for count in (0, 1, 3, 8):
        share = model.probability_of_count(params, count, 40.0)
        assert (data.frequency == count).mean() == pytest.approx(share, abs=noise * np.sqrt(share))
    counts = np.arange(3000)
    pmf = model.probability_of_count(params, counts, 40.0)
    assert pmf.sum() == pytest.approx(1, abs=1e-9)
    assert counts @ pmf == pytest.approx(mean, rel=1e-9)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_planted_k_and_parameters_come_back(k):
    params = (1.5, 10.0 / k, 0.8, 2.5)
    data = _simulate(7 + k, 4_000, k, params, (20, 60), 0.0)
    cells = purchase_cells(data.frequency, data.recency, data.age, log_gap_sum=data.log_gaps)
    fit = fit_cnbd_k(cells, "mle")
    assert fit.model.k == k
    assert fit.model.name == "mbg_cnbd_k"
    for name, truth in zip(fit.model.parameter_names, params, strict=True):
        assert abs(fit.params[name] - truth) < 4 * fit.standard_error[name]


def test_selection_does_not_depend_on_the_time_unit():
    data = _simulate(21, 1_500, 3, (1.5, 3.0, 0.8, 2.5), (20, 60), 0.0)
    weeks = purchase_cells(data.frequency, data.recency, data.age, log_gap_sum=data.log_gaps)
    days = weeks.scaled(1 / 7)
    here, there = fit_cnbd_k(weeks), fit_cnbd_k(days)
    assert here.model.k == there.model.k == 3
    assert there.params["alpha"] == pytest.approx(7 * here.params["alpha"], rel=1e-6)
    per_purchase = (here.log_likelihood - there.log_likelihood) / data.frequency.sum()
    assert per_purchase == pytest.approx(np.log(7), rel=1e-9)


def test_cells_without_gaps_cannot_tell_k():
    with pytest.raises(ValueError, match="column 'log_gap_sum': all 0"):
        fit_cnbd_k(purchase_cells([0, 2], [0, 3], [5, 5]))


@pytest.mark.parametrize("k", [0, 13, 2.5])
def test_impossible_k_is_refused(k):
    with pytest.raises(ValueError, match="k must be a whole number from 1 to 12"):
        MBGCNBDk(k)


def test_draws_have_the_predictive_distribution():
    k, params, horizon = 3, (0.8, 2.3, 0.9, 2.5), 52.0
    model = MBGCNBDk(k)
    history = ([0, 2, 9, 60], [0.0, 30.0, 35.0, 38.0], [4.0, 39.0, 39.0, 39.0])
    draws = model.draw_purchases(
        params, *history, horizon, np.random.default_rng(11).uniform(size=(4_000, 5))
    )
    assert draws.dtype == np.int32
    expected = model.expected_purchases(params, *history, horizon)
    active = model.probability_active(params, *history, horizon)
    noise = draws.std(axis=1) / np.sqrt(4_000)
    assert (np.abs(draws.mean(axis=1) - expected) < 4 * noise).all()
    assert (np.abs((draws > 0).mean(axis=1) - active) < 4 * 0.5 / np.sqrt(4_000)).all()


# ---------- robustness


@pytest.mark.parametrize("k", [1, 2, 12])
def test_twenty_thousand_purchases_are_no_problem(k):
    model, params = MBGCNBDk(k), (0.5, 6.0 / k, 0.9, 1.6)
    history = ([20_000, 19_999, 161, 5], [1400.0, 3.0, 75.0, 9.0], [1400.0, 1400.0, 78.0, 9.0])
    values, scores = model.cell_scores(params, purchase_cells(*history))
    assert np.isfinite(values).all()
    assert np.isfinite(scores).all()
    for horizon in (0.01, 52.0, 520.0):
        expected = model.expected_purchases(params, *history, horizon)
        assert np.isfinite(expected).all()
        assert (expected >= 0).all()
    assert np.isfinite(model.discounted_purchases(params, *history, 0.002)).all()
    uniforms = np.random.default_rng(2).uniform(size=(20, 5))
    assert (model.draw_purchases(params, *history, 520.0, uniforms) >= 0).all()


@pytest.mark.parametrize("k", [1, 2, 5])
def test_a_horizon_of_next_to_nothing_brings_next_to_nothing(k):
    smallest = np.nextafter(0.0, 1.0)
    expected = MBGCNBDk(k).expected_purchases((1.0, 1.0, 1.0, 1.0), 0, 0.0, 1.0, smallest)
    assert 0 <= expected[0] < 1e-12


@pytest.mark.parametrize("k", [1, 2, 4])
def test_who_leaves_at_once_or_never_is_half_of_who_never_leaves(k):
    """With a = b next to nothing p is 0 or 1: a one-time buyer has left, or never will."""
    history = (0, 0.0, 5.0)
    either = MBGCNBDk(k).expected_purchases((2.0, 20.0, 1e-7, 1e-7), *history, 3000.0)[0]
    alive = MBGCNBDk(k).probability_alive((2.0, 20.0, 1e-7, 1e-7), *history)[0]
    never = MBGCNBDk(k).expected_purchases((2.0, 20.0, 1e-9, 1.0), *history, 3000.0)[0]
    assert either == pytest.approx(alive * never, rel=1e-4)


@pytest.mark.parametrize("b", [0.003, 0.02, 0.05, 0.0888, 0.0892, 0.2])
@pytest.mark.parametrize("a", [0.0036, 0.5, 3.9])
def test_a_dropout_that_is_all_or_nothing_has_a_number_for_one_time_buyers(a, b):
    model, history = MBGCNBDk(4), (0, 0.0, 1.0)
    expected = model.expected_purchases((1.0, 0.5, a, b), *history, np.array([10.0, 100.0, 1e4]))[0]
    assert np.isfinite(expected).all() and (np.diff(expected) >= 0).all()
    assert np.isfinite(model.discounted_purchases((1.0, 0.5, a, b), *history, 0.01)).all()


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 12), parameters, histories(), st.floats(0, 500))
def test_predictions_are_finite_and_probabilities_are_probabilities(k, params, history, horizon):
    model = MBGCNBDk(k)
    alive = model.probability_alive(params, *history)[0]
    active = model.probability_active(params, *history, horizon)[0]
    expected = model.expected_purchases(params, *history, horizon)[0]
    assert 0 <= active <= alive <= 1
    assert np.isfinite(expected)
    assert expected >= active * (1 - 1e-6) - 1e-9


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 12), parameters, histories(), st.floats(0.1, 300))
def test_silence_makes_dropout_likelier(k, params, history, silence):
    frequency, recency, age = history
    later = MBGCNBDk(k).probability_alive(params, frequency, recency, age + silence)[0]
    now = MBGCNBDk(k).probability_alive(params, frequency, recency, age)[0]
    assert later <= now + 1e-10


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), parameters, histories(), st.lists(st.floats(0.1, 500), min_size=2))
def test_a_longer_horizon_never_brings_less(k, params, history, horizons):
    ahead = np.sort(horizons[:4])
    expected = MBGCNBDk(k).expected_purchases(params, *history, ahead)[0]
    active = MBGCNBDk(k).probability_active(params, *history, ahead)[0]
    assert (np.diff(expected) >= -1e-6 * expected[1:] - 1e-9).all()
    assert (np.diff(active) >= -1e-10).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), parameters, histories(), st.floats(0.1, 500), st.floats(0.01, 500))
def test_the_time_unit_does_not_matter(k, params, history, horizon, unit):
    r, alpha, a, b = params
    frequency, recency, age = history
    model, other = MBGCNBDk(k), (r, alpha * unit, a, b)
    rescaled = (frequency, recency * unit, age * unit, horizon * unit)
    here = model.expected_purchases(params, *history, horizon)[0]
    assert model.expected_purchases(other, *rescaled)[0] == pytest.approx(here, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("method", ["map", "mle"])
def test_a_fit_at_fixed_k_converges(method):
    data = _simulate(31, 2_000, 2, (1.0, 4.0, 0.8, 2.5), (20, 60), 0.0)
    cells = purchase_cells(data.frequency, data.recency, data.age, log_gap_sum=data.log_gaps)
    fit = fit_cells(MBGCNBDk(2), cells, method)
    assert fit.converged
    assert fit.boundary is None
