"""BG/BB: published figures, second implementations, properties."""

from itertools import product

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import beta as beta_function
from scipy.special import comb, gammaln, hyp2f1

from cltv.discrete import BGBB, fit_bg_bb, opportunity_cells

MODEL = BGBB()
PAPER = {"alpha": 1.20353, "beta": 0.74972, "gamma": 0.65672, "delta": 2.78345}
VECTOR = tuple(PAPER.values())

shapes = st.floats(-3, 4).map(np.exp)
parameters = st.tuples(shapes, shapes, shapes, shapes)


@st.composite
def histories(draw):
    """One possible history: (frequency, recency, opportunities)."""
    n = draw(st.integers(0, 40))
    recency = draw(st.integers(0, n))
    return draw(st.integers(1, recency)) if recency else 0, recency, n


# ---------- published figures


@pytest.fixture(scope="module")
def donors(reference_file):
    path = reference_file("donations_calibration.parquet")
    return duckdb.sql(f"select * from read_parquet('{path}')").df()


def test_estimates_are_the_published_ones(donors):
    rows = donors["frequency"], donors["recency"], donors["n_periods"], donors["customers"]
    assert donors["customers"].sum() == 11_104
    fit = fit_bg_bb(*rows, method="mle")
    assert fit.params == pytest.approx(PAPER, abs=1.5e-5)
    assert fit.log_likelihood == pytest.approx(-33225.5813, abs=1e-4)
    assert fit.converged
    assert fit.boundary is None
    prior = fit_bg_bb(*rows)
    assert prior.params == pytest.approx(PAPER, rel=0.01)


def test_total_of_the_next_five_years_is_the_published_one(donors):
    rows = donors["frequency"], donors["recency"], donors["n_periods"]
    expected = MODEL.expected_purchases(PAPER, *rows, horizon=5)
    assert expected @ donors["customers"] == pytest.approx(12884.15, abs=5e-3)


@pytest.mark.parametrize(
    ("frequency", "recency", "expected"),
    [(0, 0, 0.108), (2, 4, 0.590), (1, 6, 0.930), (4, 6, 0.930), (6, 6, 0.930)],
)
def test_probability_alive_in_year_seven_is_the_printed_one(frequency, recency, expected):
    alive = MODEL.probability_alive(PAPER, frequency, recency, 6)
    assert alive == pytest.approx([expected], abs=5e-4)


# ---------- second implementations


def _chance_of_string(bought, params):
    """Probability of one exact string of purchases, as the paper derives it."""
    alpha, beta, gamma, delta = params
    n, x = len(bought), sum(bought)
    last = max((i + 1 for i, hit in enumerate(bought) if hit), default=0)
    total = (
        beta_function(alpha + x, beta + n - x)
        * beta_function(gamma, delta + n)
        / (beta_function(alpha, beta) * beta_function(gamma, delta))
    )
    for i in range(n - last):
        total += (
            beta_function(alpha + x, beta + last - x + i)
            * beta_function(gamma + 1, delta + last + i)
            / (beta_function(alpha, beta) * beta_function(gamma, delta))
        )
    return total


def test_likelihood_is_the_paper_s():
    for n in (0, 1, 4):
        for bought in product([0, 1], repeat=n):
            last = max((i + 1 for i, hit in enumerate(bought) if hit), default=0)
            cells = opportunity_cells(sum(bought), last, n)
            assert np.exp(MODEL.cell_scores(PAPER, cells)[0]) == pytest.approx(
                [_chance_of_string(bought, VECTOR)], rel=1e-10
            )


def test_gradient_is_that_of_the_likelihood():
    cells = opportunity_cells([0, 0, 2, 5, 6], [0, 0, 4, 5, 6], [0, 6, 6, 9, 6], [5, 4, 3, 2, 1])
    params = np.array([0.8, 1.7, 0.4, 2.2])
    total, gradient = MODEL.log_likelihood(params, cells)
    likelihood, scores = MODEL.cell_scores(params, cells)
    assert total == pytest.approx(likelihood @ cells.weight)
    assert gradient == pytest.approx(cells.weight @ scores)
    for position in range(4):
        step = np.zeros(4)
        step[position] = 1e-5
        up, down = (
            MODEL.log_likelihood(params * np.exp(sign * step), cells)[0] for sign in (1, -1)
        )
        assert gradient[position] == pytest.approx((up - down) / 2e-5, rel=1e-6)


def test_counts_are_sums_over_strings():
    for count in range(6):
        strings = [s for s in product([0, 1], repeat=5) if sum(s) == count]
        expected = sum(_chance_of_string(s, VECTOR) for s in strings)
        assert MODEL.probability_of_count(PAPER, count, 5) == pytest.approx(expected, rel=1e-10)


def test_counts_are_the_paper_s_formula():
    alpha, beta, gamma, delta = VECTOR
    n = 8
    for x in range(n + 1):
        norm = beta_function(alpha, beta) * beta_function(gamma, delta)
        expected = comb(n, x) * beta_function(alpha + x, beta + n - x)
        expected *= beta_function(gamma, delta + n) / norm
        for i in range(x, n):
            part = comb(i, x) * beta_function(alpha + x, beta + i - x)
            expected += part * beta_function(gamma + 1, delta + i) / norm
        assert MODEL.probability_of_count(PAPER, x, n) == pytest.approx(expected, rel=1e-10)
    assert MODEL.probability_of_count(PAPER, 9, 8) == 0


def test_futures_are_strings_that_go_on():
    past = (1, 0, 1, 0)
    history = (2, 3, 4)
    given = _chance_of_string(past, VECTOR)
    futures = {f: _chance_of_string(past + f, VECTOR) / given for f in product([0, 1], repeat=3)}
    expected = sum(sum(f) * p for f, p in futures.items())
    assert MODEL.expected_purchases(PAPER, *history, 3) == pytest.approx([expected], rel=1e-9)
    active = 1 - futures[0, 0, 0]
    assert MODEL.probability_active(PAPER, *history, 3) == pytest.approx([active], rel=1e-9)
    worth = sum(
        p * sum(hit * 0.9 ** (i + 1) for i, hit in enumerate(f)) for f, p in futures.items()
    )
    found = MODEL.discounted_purchases(PAPER, *history, 1 / 0.9 - 1, 3)
    assert found == pytest.approx([worth], rel=1e-9)


def test_expectation_is_the_paper_s_closed_form():
    alpha, beta, gamma, delta = VECTOR
    x, t, n, ahead = 2, 4, 6, 5
    given = _chance_of_string((0, 1, 0, 1, 0, 0), VECTOR)

    def ratio(i):
        return np.exp(gammaln(1 + delta + i) - gammaln(gamma + delta + i))

    expected = beta_function(alpha + x + 1, beta + n - x) / beta_function(alpha, beta) / given
    expected *= delta / (gamma - 1) * np.exp(gammaln(gamma + delta) - gammaln(1 + delta))
    expected *= ratio(n) - ratio(n + ahead)
    assert MODEL.expected_purchases(PAPER, x, t, n, ahead) == pytest.approx([expected], rel=1e-9)


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5])
def test_residual_transactions_are_the_hypergeometric_function(rate):
    alpha, beta, gamma, delta = VECTOR
    x, t, n = 2, 4, 6
    given = _chance_of_string((0, 1, 0, 1, 0, 0), VECTOR)
    expected = beta_function(alpha + x + 1, beta + n - x) / beta_function(alpha, beta) / given
    expected *= beta_function(gamma, delta + n + 1) / beta_function(gamma, delta) / (1 + rate)
    expected *= hyp2f1(1, delta + n + 1, gamma + delta + n + 1, 1 / (1 + rate))
    found = MODEL.discounted_purchases(PAPER, x, t, n, rate)
    assert found == pytest.approx([expected], rel=1e-9)


def test_a_simulated_crowd_gives_its_parameters_back():
    rng = np.random.default_rng(11)
    customers, n = 20_000, 10
    buys, leaves = rng.beta(1.2, 0.8, customers), rng.beta(0.7, 3.0, customers)
    lived = np.minimum(rng.geometric(leaves) - 1, n)
    hits = rng.random((customers, n)) < buys[:, None]
    hits &= np.arange(n) < lived[:, None]
    last = np.where(hits.any(axis=1), n - np.argmax(hits[:, ::-1], axis=1), 0)
    fit = fit_bg_bb(hits.sum(axis=1), last, np.full(customers, n))
    for name, planted in zip(MODEL.parameter_names, (1.2, 0.8, 0.7, 3.0), strict=True):
        assert abs(fit.params[name] - planted) < 4 * fit.standard_error[name]


# ---------- properties


@settings(max_examples=200, deadline=None)
@given(parameters, histories(), st.integers(0, 30))
def test_predictions_stay_within_bounds(params, history, ahead):
    alive = MODEL.probability_alive(params, *history)[0]
    active = MODEL.probability_active(params, *history, ahead)[0]
    expected = MODEL.expected_purchases(params, *history, ahead)[0]
    assert 0 <= active <= alive <= 1
    assert active - 1e-12 <= expected <= ahead * alive + 1e-12
    more = MODEL.expected_purchases(params, *history, ahead + 1)[0]
    assert more >= expected
    assert MODEL.discounted_purchases(params, *history, 0.1, ahead)[0] <= expected + 1e-12


@settings(max_examples=100, deadline=None)
@given(parameters, st.integers(1, 10), st.integers(0, 10), st.integers(0, 30))
def test_alive_falls_with_silence(params, frequency, before, silence):
    recency = frequency + before
    now, later = (
        MODEL.probability_alive(params, frequency, recency, recency + quiet)[0]
        for quiet in (silence, silence + 1)
    )
    assert later <= now + 1e-12


@settings(max_examples=50, deadline=None)
@given(parameters, st.integers(0, 25))
def test_counts_of_new_customers_are_a_distribution(params, n):
    chances = np.array([MODEL.probability_of_count(params, x, n) for x in range(n + 1)])
    assert ((chances >= 0) & (chances <= 1)).all()
    assert chances.sum() == pytest.approx(1.0, abs=1e-9)
    mean = MODEL.expected_purchases_new_customer(params, n)
    assert chances @ np.arange(n + 1) == pytest.approx(mean, rel=1e-8, abs=1e-10)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(histories(), st.integers(1, 4)), min_size=2, max_size=10))
def test_weights_are_repeated_rows(rows):
    history, weight = (np.array(part) for part in zip(*rows, strict=True))
    if not history[:, 0].any():
        return
    weighted = fit_bg_bb(*history.T, weight)
    repeated = fit_bg_bb(*np.repeat(history, weight, axis=0)[::-1].T)
    assert repeated.params == pytest.approx(weighted.params, rel=1e-6)


def test_long_histories_are_no_trouble():
    x, t, n = [0, 1, 20_000, 5000], [0, 1, 20_000, 15_000], [20_000] * 4
    cells = opportunity_cells(x, t, n)
    assert np.isfinite(MODEL.log_likelihood(PAPER, cells)[0])
    alive = MODEL.probability_alive(PAPER, x, t, n)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert np.isfinite(MODEL.expected_purchases(PAPER, x, t, n, 10)).all()


# ---------- bad input


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (([2], [1], [6]), "'frequency', row 0: 2 exceeds recency"),
        (([1, 1], [1, 7], [6, 6]), "'recency', row 1: 7 exceeds opportunities"),
        (([0], [2], [6]), "'recency', row 0: 2 must be 0 where frequency is 0"),
        (([0.5], [1], [6]), "'frequency', row 0: 0.5 is not a whole number"),
        (([-1], [1], [6]), "'frequency', row 0: -1 is negative"),
        (([np.nan], [1], [6]), "'frequency', row 0: nan is not a finite number"),
        (([1], [1], [6], [-2]), "'weight', row 0: -2 is not above 0"),
    ],
)
def test_impossible_histories_are_named(rows, message):
    with pytest.raises(ValueError, match=message):
        fit_bg_bb(*rows)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_bg_bb([0], [0], [6]), "no customer bought again"),
        (lambda: fit_bg_bb([1], [1], [6], method="guess"), "method"),
        (lambda: MODEL.expected_purchases(PAPER, 1, 1, 6, 1.5), "horizon"),
        (lambda: MODEL.discounted_purchases(PAPER, 1, 1, 6, 0.0), "discount_rate"),
        (lambda: MODEL.probability_of_count(PAPER, -1, 6), "count"),
        (lambda: MODEL.probability_alive({"alpha": 1}, 1, 1, 6), "'beta' is missing"),
        (lambda: MODEL.probability_alive((1, 1), 1, 1, 6), "expected alpha"),
        (lambda: MODEL.probability_alive((1, 1, 0, 1), 1, 1, 6), "'gamma' must be above 0"),
    ],
)
def test_impossible_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
