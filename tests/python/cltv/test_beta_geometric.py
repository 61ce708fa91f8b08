"""BG/NBD and MBG/NBD: both against quadrature, simulation and the properties of any such model."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import hyperu
from scipy.stats import beta as beta_distribution
from scipy.stats import gamma as gamma_distribution
from scipy.stats import nbinom, qmc

from cltv.cells import purchase_cells
from cltv.purchase.bg_nbd import BGNBD
from cltv.purchase.mbg_nbd import MBGNBD

BG, MBG = BGNBD(), MBGNBD()
BOTH = pytest.mark.parametrize("model", [BG, MBG], ids=lambda model: model.name)
PARAMS = (0.7, 5.0, 1.4, 2.2)

shapes = st.floats(-4, 4).map(np.exp)
parameters = st.tuples(shapes, st.floats(-3, 7).map(np.exp), shapes, shapes)
wide_parameters = st.tuples(*(st.floats(-13.8, 13.8).map(np.exp) for _ in range(4)))
models = st.sampled_from([BG, MBG])


@st.composite
def histories(draw):
    """One possible history: (frequency, recency, age)."""
    frequency = draw(st.one_of(st.integers(0, 30), st.integers(0, 20_000)))
    age = draw(st.floats(0.2, 1000))
    recency = age * draw(st.floats(0.01, 1.0)) if frequency else 0.0
    return frequency, min(recency, age), age


def _sobol(power, seed=1):
    return np.clip(qmc.Sobol(5, seed=seed).random(2**power), 1e-9, 1 - 1e-9)


# ---------- likelihood


@BOTH
@pytest.mark.parametrize(
    "params", [(0.24, 4.4, 0.8, 2.4), (3.0, 0.5, 4.0, 0.3), (0.01, 900.0, 1.0, 1.0)]
)
def test_gradient_is_the_slope_of_the_likelihood(model, params):
    frequency, recency, age = [0, 1, 2, 7, 400], [0, 3.0, 8.0, 30.0, 50.0], [5, 9, 8, 38, 50.5]
    cells = purchase_cells(frequency, recency, age, [3, 2, 5, 1, 1])
    total, gradient = model.log_likelihood(params, cells)
    values, scores = model.cell_scores(params, cells)
    assert cells.weight @ values == pytest.approx(total, rel=1e-13)
    assert cells.weight @ scores == pytest.approx(gradient, rel=1e-10, abs=1e-10)
    for position in range(4):
        step = np.zeros(4)
        step[position] = 1e-5
        up, _ = model.log_likelihood(np.exp(np.log(params) + step), cells)
        down, _ = model.log_likelihood(np.exp(np.log(params) - step), cells)
        assert gradient[position] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-6)


def _over_rate_and_dropout(params, integrand):
    """Integrate over both latent numbers: the trapezoidal rule in their log and log-odds."""
    r, alpha, a, b = params
    log_rate, step = np.linspace(-40, 5, 1001, retstep=True)
    logit, stride = np.linspace(-25, 25, 1001, retstep=True)
    rate, p = np.exp(log_rate)[:, None], 1 / (1 + np.exp(-logit))
    density = gamma_distribution.pdf(rate, r, scale=1 / alpha) * rate
    density = density * beta_distribution.pdf(p, a, b) * p * (1 - p)
    return (density * integrand(rate, p)).sum() * step * stride


def _ends(model, x, recency, age):
    """Likelihood of a history that goes on and of one that has ended, given rate and dropout."""
    chances = x + model.early_chances

    def stayed(rate, p):
        return (1 - p) ** chances * rate**x * np.exp(-rate * age)

    def left(rate, p):
        if chances == 0:
            return 0.0
        return p * (1 - p) ** (chances - 1) * rate**x * np.exp(-rate * recency)

    return stayed, left


@BOTH
@pytest.mark.parametrize("history", [(0, 0.0, 20.0), (1, 4.0, 20.0), (3, 11.0, 20.0)])
def test_likelihood_is_the_integral_over_rate_and_dropout(model, history):
    stayed, left = _ends(model, *history)
    brute = _over_rate_and_dropout(PARAMS, lambda rate, p: stayed(rate, p) + left(rate, p))
    total, _ = model.log_likelihood(PARAMS, purchase_cells(*([value] for value in history)))
    assert np.exp(total) == pytest.approx(brute, rel=1e-10)


@BOTH
def test_likelihood_survives_twenty_thousand_purchases(model):
    cells = purchase_cells([20_000, 19_999, 0], [1400.0, 3.0, 0.0], [1400.0, 1400.0, 1400.0])
    for params in (PARAMS, (1e-5, 1e-5, 1e-5, 1e-5), (1e5, 1e5, 1e5, 1e5)):
        total, gradient = model.log_likelihood(params, cells)
        assert np.isfinite(total)
        assert np.isfinite(gradient).all()


# ---------- predictions against integrals


@BOTH
@pytest.mark.parametrize("history", [(0, 0.0, 12.0), (1, 2.0, 12.0), (4, 9.0, 12.0)])
def test_predictions_are_integrals_over_rate_and_dropout(model, history):
    stayed, left = _ends(model, *history)
    past = _over_rate_and_dropout(PARAMS, lambda rate, p: stayed(rate, p) + left(rate, p))
    horizon, discount = 30.0, 0.02

    def mean(future):
        return _over_rate_and_dropout(PARAMS, lambda rate, p: stayed(rate, p) * future(rate, p))

    def discounted(rate, p, until):
        loss = rate * p + discount
        return rate / loss * -np.expm1(-loss * until)

    alive = mean(lambda rate, p: 1.0) / past
    assert model.probability_alive(PARAMS, *history)[0] == pytest.approx(alive, rel=1e-10)
    active = mean(lambda rate, p: -np.expm1(-rate * horizon)) / past
    value = model.probability_active(PARAMS, *history, horizon)[0]
    assert value == pytest.approx(active, rel=1e-10)
    expected = mean(lambda rate, p: -np.expm1(-rate * p * horizon) / p) / past
    value = model.expected_purchases(PARAMS, *history, horizon)[0]
    assert value == pytest.approx(expected, rel=1e-9)
    lifetime = mean(lambda rate, p: discounted(rate, p, np.inf)) / past
    value = model.discounted_purchases(PARAMS, *history, discount)[0]
    assert value == pytest.approx(lifetime, rel=1e-9)
    early = mean(lambda rate, p: discounted(rate, p, horizon)) / past
    value = model.discounted_purchases(PARAMS, *history, discount, horizon)[0]
    assert value == pytest.approx(early, rel=1e-9)


def test_lifetime_agrees_with_the_closed_form_given_the_dropout_probability():
    # Tricomi's function, averaged over the dropout probability
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426
    for x, recency, age in ((0, 0.0, 38.86), (2, 30.43, 38.86), (7, 29.43, 38.86)):
        for discount in (0.0027, 0.05):

            def given_dropout(p, x=x, age=age, discount=discount):
                scale = discount * (alpha + age) / p
                value = (1 - scale * hyperu(1, 2 - r - x, scale)) / p
                return value * beta_distribution.pdf(p, a, b + x)

            # below this the formula itself has no digits left
            brute, _ = quad(given_dropout, 1e-7, 1, limit=400, points=[1e-5, 1e-3, 0.1])
            alive = BG.probability_alive((r, alpha, a, b), x, recency, age)[0]
            value = BG.discounted_purchases((r, alpha, a, b), x, recency, age, discount)[0]
            assert value == pytest.approx(alive * brute, rel=2e-4)


def _by_parts(purchases_until, discount, end):
    """Integrate discount * e^(-discount t) * E[Y(t)] to `end`, piecewise in ln t."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    pieces = np.log(end) + np.arange(-30.0, 0.0, 0.5)
    t = np.exp(pieces[:, None] + 0.25 * (nodes + 1.0)).ravel()
    weight = np.tile(0.25 * weights, len(pieces)) * t
    return (weight * discount * np.exp(-discount * t)) @ purchases_until(t)


@BOTH
@pytest.mark.parametrize(
    "params",
    [
        (0.25, 4.4, 0.8, 2.4),
        (2.0, 10.0, 3.5, 1.2),
        (0.05, 3.0, 0.1, 0.2),
        (0.6, 3.0, 30.0, 900.0),
        (30.0, 500.0, 0.4, 2.0),
    ],
)
@pytest.mark.parametrize("discount", [1e-4, 0.0027, 0.3])
def test_discounting_agrees_with_integrating_the_expectation(model, params, discount):
    for history in ((0, 0.0, 3.0), (1, 2.0, 38.86), (40, 90.0, 90.0), (3000, 300.0, 300.0)):

        def purchases_until(t, history=history):
            return model.expected_purchases(params, *history, t)[0]

        brute = _by_parts(purchases_until, discount, 40.0 / discount)
        value = model.discounted_purchases(params, *history, discount)[0]
        assert value == pytest.approx(brute, rel=1e-7)
        brute = _by_parts(purchases_until, discount, 20.0)
        brute += purchases_until(20.0) * np.exp(-discount * 20.0)
        value = model.discounted_purchases(params, *history, discount, 20.0)[0]
        assert value == pytest.approx(brute, rel=1e-7)


@BOTH
def test_many_ages_at_once_are_the_same_as_one_by_one(model):
    age = np.arange(1, 1501) / 7
    x = np.tile([0, 3, 3000], 500)
    recency = np.where(x > 0, 0.999 * age, 0.0)
    for alpha in (0.05, 5.0, 400.0):
        params = (0.7, alpha, 0.8, 2.2)
        for horizon in (None, 156.0):
            together = model.discounted_purchases(params, x, recency, age, 0.0018, horizon)
            for row in range(0, 1500, 67):
                alone = model.discounted_purchases(
                    params, x[row], recency[row], age[row], 0.0018, horizon
                )
                assert together[row] == pytest.approx(alone[0], rel=1e-9)


# ---------- predictions against simulation


@BOTH
def test_predictions_agree_with_simulation(model):
    params = r, alpha, a, b = 0.9, 6.0, 0.8, 2.4
    rng = np.random.default_rng(20_240_601)
    n, age, horizon, discount = 400_000, 26.0, 52.0, 0.02
    rate, loss = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    last = rng.geometric(loss) - model.early_chances
    past, coming = rng.poisson(rate * age), rng.poisson(rate * horizon)
    count = np.minimum(past, last)
    later = np.where(past >= last, 0, np.minimum(coming, last - past))
    for t, seen in ((age, count), (age + horizon, count + later)):
        expected = model.expected_purchases_new_customer(params, t)
        assert seen.mean() == pytest.approx(expected, abs=4 * seen.std() / np.sqrt(n))
        for number in (0, 1, 3, 8):
            share = model.probability_of_count(params, number, t)
            assert (seen == number).mean() == pytest.approx(share, abs=4 * np.sqrt(share / n))
    nobody = np.flatnonzero(count == 0)
    one_timer = (params, 0, 0, age)
    expected = model.expected_purchases(*one_timer, horizon)[0]
    bought = later[nobody]
    error = 4 / np.sqrt(len(nobody))
    assert bought.mean() == pytest.approx(expected, abs=error * bought.std())
    active = model.probability_active(*one_timer, horizon)[0]
    assert (bought > 0).mean() == pytest.approx(active, abs=error)
    # purchases are spread evenly over the horizon; those after the last one do not happen
    when = np.repeat(np.arange(len(nobody)), coming[nobody])
    times = rng.uniform(0, horizon, len(when))
    order = np.lexsort((times, when))
    rank = np.arange(len(when)) - np.searchsorted(when, np.arange(len(nobody)))[when]
    happened = rank < bought[when]
    worth = np.bincount(
        when[happened], np.exp(-discount * times[order][happened]), minlength=len(nobody)
    )
    value = model.discounted_purchases(*one_timer, discount, horizon)[0]
    assert worth.mean() == pytest.approx(value, abs=error * worth.std())
    draws = model.draw_purchases(*one_timer, horizon, _sobol(14))[0]
    for number in (0, 1, 2, 5, 12):
        share = (bought == number).mean()
        assert (draws == number).mean() == pytest.approx(share, abs=error * np.sqrt(share) + 1e-3)


@BOTH
def test_pmf_adds_up_to_one_and_has_the_right_mean(model):
    counts = np.arange(0, 3000)
    pmf = model.probability_of_count((0.9, 6.0, 0.8, 2.4), counts, 52.0)
    assert pmf.sum() == pytest.approx(1, abs=1e-9)
    mean = model.expected_purchases_new_customer((0.9, 6.0, 0.8, 2.4), 52.0)
    assert counts @ pmf == pytest.approx(mean, rel=1e-9)


# ---------- draws


@BOTH
@pytest.mark.parametrize("params", [(0.25, 4.4, 0.8, 2.4), (3.0, 20.0, 2.5, 6.0)])
def test_draws_have_the_predicted_mean_and_share_of_zeros(model, params):
    x = np.array([0, 1, 2, 7, 26, 400])
    recency, age = np.where(x > 0, 30.0, 0.0), np.full(6, 38.86)
    draws = model.draw_purchases(params, x, recency, age, 39.0, _sobol(14))
    assert draws.shape == (6, 2**14)
    assert draws.dtype == np.int32
    expected = model.expected_purchases(params, x, recency, age, 39.0)
    # quasi-random: well within a tenth of the usual error of a mean
    error = draws.std(axis=1) / np.sqrt(2**14)
    assert (np.abs(draws.mean(axis=1) - expected) < 0.5 * error + 1e-9).all()
    active = model.probability_active(params, x, recency, age, 39.0)
    assert (draws > 0).mean(axis=1) == pytest.approx(active, abs=1e-3)


@BOTH
@pytest.mark.parametrize(
    ("history", "horizon"), [((20_000, 999.99, 1000.0), 400.0), ((4, 30.0, 40.0), 1e5)]
)
def test_what_is_too_long_to_count_is_drawn_through_the_latent_rate(model, history, horizon):
    params = r, alpha, a, b = 2.0, 10.0, 0.05, 60.0
    rng = np.random.default_rng(3)
    x, _, age = history
    rate = rng.gamma(r + x, 1 / (alpha + age), 200_000)
    loss = np.maximum(rng.beta(a, b + model.early_chances + x, 200_000), 1e-15)
    simulated = np.minimum(rng.poisson(rate * horizon), rng.geometric(loss))
    simulated *= rng.random(200_000) < model.probability_alive(params, *history)[0]
    draws = model.draw_purchases(params, *history, horizon, _sobol(13))[0]
    assert draws.max() > 2000
    for level in np.quantile(simulated, [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98]):
        assert (draws <= level).mean() == pytest.approx((simulated <= level).mean(), abs=0.006)


@BOTH
def test_a_row_is_drawn_the_same_in_any_company(model):
    rng = np.random.default_rng(8)
    x = np.append(rng.integers(0, 60, 400), [20_000, 3000])
    age = rng.integers(20, 400, 402) / 7
    recency = np.where(x > 0, 0.9 * age, 0.0)
    uniforms = rng.random((64, 5))
    together = model.draw_purchases(PARAMS, x, recency, age, 52.0, uniforms)
    for row in (0, 7, 131, 400, 401):
        alone = model.draw_purchases(PARAMS, x[row], recency[row], age[row], 52.0, uniforms)
        assert (alone[0] == together[row]).all()


@BOTH
def test_draws_of_nobody_and_of_no_time_are_empty_or_zero(model):
    uniforms = _sobol(3)
    assert model.draw_purchases(PARAMS, [], [], [], 5.0, uniforms).shape == (0, 8)
    assert not model.draw_purchases(PARAMS, [3], [2.0], [5.0], 0.0, uniforms).any()


@pytest.mark.parametrize(
    ("horizon", "uniforms", "message"),
    [
        (-1.0, np.full((2, 5), 0.5), "horizon must be finite"),
        ([1.0, 2.0], np.full((2, 5), 0.5), "horizon must be one number"),
        (1.0, np.full((2, 4), 0.5), "uniforms must have shape"),
        (1.0, np.full((2, 5), 1.0), "uniforms must lie between"),
        (1.0, np.full((2, 5), np.nan), "uniforms must lie between"),
    ],
)
def test_bad_draws_are_refused(horizon, uniforms, message):
    with pytest.raises(ValueError, match=message):
        BG.draw_purchases(PARAMS, 0, 0, 1, horizon, uniforms)


# ---------- discounting: shapes and errors


@BOTH
def test_no_discount_is_the_expectation(model):
    history = ([0, 2, 2], [0, 30.43, 10.0], [38.86] * 3)
    ahead = [0.0, 13.0, 39.0]
    expected = model.expected_purchases(PARAMS, *history, ahead)
    assert model.discounted_purchases(PARAMS, *history, 0.0, ahead) == pytest.approx(expected)
    slow = model.discounted_purchases(PARAMS, *history, 1e-12, ahead)
    assert slow == pytest.approx(expected, rel=1e-8)
    assert model.discounted_purchases(PARAMS, *history, 0.01).shape == (3,)
    assert model.discounted_purchases(PARAMS, *history, 0.01, 13.0).shape == (3,)
    assert model.discounted_purchases(PARAMS, [], [], [], 0.01, ahead).shape == (0, 3)


@pytest.mark.parametrize(
    ("discount", "horizon", "message"),
    [
        (0.0, None, "discount_rate must be above 0 where no horizon is given"),
        (-0.1, 5.0, "discount_rate must be finite and at least 0"),
        (float("nan"), None, "discount_rate must be finite and at least 0"),
        ("ten", None, "discount_rate must be a number"),
        (0.1, -1.0, "horizon must be finite"),
        (0.1, np.inf, "horizon must be finite"),
    ],
)
def test_bad_discounting_is_refused(discount, horizon, message):
    with pytest.raises(ValueError, match=message):
        BG.discounted_purchases(PARAMS, 0, 0, 1, discount, horizon)


# ---------- properties


@settings(max_examples=100, deadline=None)
@given(models, parameters, histories(), st.floats(0, 500))
@example(MBG, PARAMS, (20_000, 1e-3, 1000.0), 500.0)
@example(MBG, PARAMS, (20_000, 1000.0, 1000.0), 500.0)
def test_probabilities_are_probabilities(model, params, history, horizon):
    alive = model.probability_alive(params, *history)[0]
    active = model.probability_active(params, *history, horizon)[0]
    expected = model.expected_purchases(params, *history, horizon)[0]
    assert 0 <= active <= alive <= 1
    assert active * (1 - 1e-6) - 1e-12 <= expected < np.inf
    for count in (0, 1, history[0]):
        assert 0 <= model.probability_of_count(params, count, horizon) <= 1


@settings(max_examples=100, deadline=None)
@given(models, parameters, histories(), st.floats(0.1, 300))
def test_silence_makes_dropout_likelier(model, params, history, silence):
    frequency, recency, age = history
    later = model.probability_alive(params, frequency, recency, age + silence)[0]
    now = model.probability_alive(params, frequency, recency, age)[0]
    assert later <= now + 1e-12
    if (frequency or model is MBG) and 1e-6 < now < 1 - 1e-6:
        assert later < now


@settings(max_examples=100, deadline=None)
@given(models, parameters, histories(), st.lists(st.floats(0.1, 500), min_size=2, max_size=5))
def test_a_longer_horizon_never_brings_less(model, params, history, horizons):
    ahead = np.sort(horizons)
    expected = model.expected_purchases(params, *history, ahead)[0]
    active = model.probability_active(params, *history, ahead)[0]
    assert (np.diff(expected) >= -1e-6 * expected[1:]).all()
    assert (np.diff(active) >= 0).all()
    present = model.discounted_purchases(params, *history, 0.01, ahead)[0]
    assert (np.diff(present) >= -1e-8 * present[1:]).all()


@settings(max_examples=100, deadline=None)
# dropout all but the same for everybody: where quadrature is least exact, at 2e-7
@example(BG, (np.exp(3.0), 1.0, np.exp(10.0), np.exp(10.0)), (0, 0.0, 1.0), 5.0, 0.125)
@given(models, wide_parameters, histories(), st.floats(0.1, 500), st.floats(1e-5, 1.0))
def test_discounting_lies_between_nothing_and_the_expectation(
    model, params, history, horizon, discount
):
    expected = model.expected_purchases(params, *history, horizon)[0]
    present = model.discounted_purchases(params, *history, discount, horizon)[0]
    lifetime = model.discounted_purchases(params, *history, discount)[0]
    assert np.exp(-discount * horizon) * expected * (1 - 2e-6) <= present
    assert present <= expected * (1 + 2e-6)
    assert present * (1 - 1e-6) <= lifetime < np.inf


@settings(max_examples=50, deadline=None)
@example(BG, (1.0, 1.0, 1.0, 1.0), (1, 0.203125, 0.203125), 188.0)
@example(BG, (np.exp(7.0), np.exp(7.0), 1.0, 1.0), (0, 0.0, 0.25), 490.0)
@given(models, wide_parameters, histories(), st.floats(0.1, 500))
def test_draws_are_possible_counts(model, params, history, horizon):
    draws = model.draw_purchases(params, *history, horizon, _sobol(5))[0]
    longer = model.draw_purchases(params, *history, 2 * horizon, _sobol(5))[0]
    assert (draws >= 0).all()
    alive = model.probability_alive(params, *history)[0]
    assert (draws > 0).mean() <= alive + 0.1
    # a customer who never left might buy more than 2,000 times, or no time with a probability that
    # is no number any more: then other numbers drive the draws
    r, alpha, _, _ = params
    size, stretch = r + history[0], (alpha + history[2]) / (alpha + history[2] + 2 * horizon)
    counted = nbinom.ppf(_sobol(5)[:, 1].max(), size, stretch) < 1990
    if counted and size * np.log(stretch) > -690:
        assert (longer >= draws).all()


@settings(max_examples=100, deadline=None)
@given(models, parameters, histories(), st.floats(0, 300), st.floats(0.01, 400))
def test_predictions_do_not_know_the_time_unit(model, params, history, horizon, unit):
    r, alpha, a, b = params
    frequency, recency, age = history
    changed = ((r, alpha * unit, a, b), frequency, recency * unit, age * unit)
    for before, after in (
        (
            model.probability_alive(params, *history),
            model.probability_alive(*changed),
        ),
        (
            model.probability_active(params, *history, horizon),
            model.probability_active(*changed, horizon * unit),
        ),
        (
            model.discounted_purchases(params, *history, 0.003, horizon),
            model.discounted_purchases(*changed, 0.003 / unit, horizon * unit),
        ),
        (
            model.discounted_purchases(params, *history, 0.003),
            model.discounted_purchases(*changed, 0.003 / unit),
        ),
    ):
        assert after[0] == pytest.approx(before[0], rel=1e-6, abs=1e-12)
    before = model.expected_purchases(params, *history, horizon)[0]
    after = model.expected_purchases(*changed, horizon * unit)[0]
    assert after == pytest.approx(before, rel=2e-6, abs=1e-12)
