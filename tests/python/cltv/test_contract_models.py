"""sBG, BdW and Kaplan-Meier: published figures, hand calculations, second implementations."""

from fractions import Fraction
from math import inf, prod

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln, hyp2f1
from scipy.stats import beta as beta_distribution

from cltv.contract import (
    BetaDiscreteWeibull,
    ShiftedBetaGeometric,
    contract_cells,
    fit_contract_model,
    kaplan_meier,
)

SBG, BDW = ShiftedBetaGeometric(), BetaDiscreteWeibull()
HIGH_END = {"alpha": 0.668, "beta": 3.806}

shapes = st.floats(-5, 5).map(np.exp)
exponents = st.floats(-1.5, 1.2).map(np.exp)
parameters = st.tuples(shapes, shapes, exponents)
tenures = st.integers(0, 600)


# ---------- published figures


@pytest.fixture(scope="module")
def paper(reference_file):
    """Survival of the two segments of Fader & Hardie (2007), per cent, by year from 0."""
    return pd.read_csv(reference_file("sbg_paper_survival.csv"))


def _calibration(paper, segment, years):
    """1,000 customers per segment: those lost in each year, and those still there."""
    share = paper[f"{segment}_pct"].to_numpy() * 10
    tenure = [*range(1, years + 1), years]
    lost = [1] * years + [0]
    return tenure, lost, [*-np.diff(share[: years + 1]), share[years]]


def _holdout_error(paper, segment, years, fit):
    actual = paper[f"{segment}_pct"].to_numpy()[years + 1 :]
    predicted = 100 * fit.model.survival(fit.params, np.arange(years + 1, 13))
    return 100 * np.mean(np.abs(predicted / actual - 1))


@pytest.mark.parametrize(
    ("segment", "model", "expected", "log_likelihood"),
    [
        ("highend", SBG, {"alpha": 0.6681, "beta": 3.8061}, -1611.16),
        ("regular", SBG, {"alpha": 0.7041, "beta": 1.1820}, -1680.27),
        ("highend", BDW, {"gamma": 0.2143, "delta": 1.4266, "c": 1.7236}, -1605.31),
        ("regular", BDW, {"gamma": 0.4556, "delta": 0.7793, "c": 1.2835}, -1679.60),
    ],
)
def test_estimates_from_seven_years_are_the_published_ones(
    paper, segment, model, expected, log_likelihood
):
    fit = fit_contract_model(model, *_calibration(paper, segment, 7), method="mle")
    assert fit.params == pytest.approx(expected, abs=6e-5)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=5.1e-3)
    assert fit.converged
    assert fit.boundary is None


@pytest.mark.parametrize(
    ("segment", "expected"),
    [("highend", [46.0, 43.6, 41.4, 39.5, 37.8]), ("regular", [22.0, 20.4, 19.1, 18.0, 17.0])],
)
def test_projection_of_years_8_to_12_is_the_printed_one(paper, segment, expected):
    fit = fit_contract_model(SBG, *_calibration(paper, segment, 7), method="mle")
    projected = 100 * SBG.survival(fit.params, np.arange(8, 13))
    assert projected == pytest.approx(expected, abs=0.0501)


@pytest.mark.parametrize(
    ("segment", "model", "expected"),
    [("highend", SBG, 13.2), ("regular", SBG, 5.4), ("highend", BDW, 1.7), ("regular", BDW, 1.3)],
)
def test_holdout_error_from_four_years_is_the_published_one(paper, segment, model, expected):
    fit = fit_contract_model(model, *_calibration(paper, segment, 4), method="mle")
    assert _holdout_error(paper, segment, 4, fit) == pytest.approx(expected, abs=0.0501)


def test_the_prior_moves_a_thousand_contracts_little(paper):
    rows = _calibration(paper, "highend", 7)
    likely, prior = (fit_contract_model(SBG, *rows, method=method) for method in ("mle", "map"))
    assert prior.params == pytest.approx(likely.params, rel=0.03)
    assert 0 <= likely.log_likelihood - prior.log_likelihood < 0.05


def test_residual_lifetime_is_the_published_one():
    # n = 8 in the paper: seven renewals made, the eighth is due
    derl = SBG.discounted_residual_lifetime(HIGH_END, 7, 0.10)
    assert derl == pytest.approx([7.52995], abs=5e-6)


# ---------- second implementations


def _log_survival(a, b, c, t):
    """From log-beta functions, as the papers write it."""
    return betaln(a, b + t**c) - betaln(a, b)


@pytest.mark.parametrize("params", [(0.7, 1.2, 1.0), (0.2143, 1.4266, 1.7236), (3.0, 40.0, 0.6)])
@pytest.mark.parametrize("lost", [0, 1])
def test_likelihood_is_that_of_the_papers(params, lost):
    t = np.array([1.0, 2.0, 7.0, 30.0])
    cells = contract_cells(t, np.full(4, lost))
    survival = np.exp(_log_survival(*params, t))
    expected = np.exp(_log_survival(*params, t - 1)) - survival if lost else survival
    assert BDW.cell_scores(params, cells)[0] == pytest.approx(np.log(expected), rel=1e-9)


@pytest.mark.parametrize("params", [(0.7, 1.2, 1.0), (0.2143, 1.4266, 1.7236), (3.0, 40.0, 0.6)])
def test_gradient_is_that_of_the_likelihood(params):
    cells = contract_cells([0, 1, 5, 40, 1, 6, 33], [0, 0, 0, 0, 1, 1, 1], [5, 4, 3, 2, 1, 2, 3])
    total, gradient = BDW.log_likelihood(params, cells)
    likelihood, scores = BDW.cell_scores(params, cells)
    assert total == pytest.approx(likelihood @ cells.weight)
    assert gradient == pytest.approx(cells.weight @ scores)
    for position in range(3):
        step = np.zeros(3)
        step[position] = 1e-5
        up, down = (BDW.log_likelihood(params * np.exp(sign * step), cells)[0] for sign in (1, -1))
        assert gradient[position] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-8)


def test_survival_is_the_mean_over_what_customers_are_like():
    # a customer stays through t renewals with probability (1 - theta)^t, theta ~ beta
    for t in (1, 4, 25):

        def staying(p, t=t):
            return (1 - p) ** t * beta_distribution.pdf(p, 0.668, 3.806)

        mixed = quad(staying, 0, 1)[0]
        assert SBG.survival(HIGH_END, t) == pytest.approx(mixed, rel=1e-7)


@pytest.mark.parametrize(("a", "b"), [(3, 7), (1, 1000), (500_000, 3_000_000)])
def test_survival_and_retention_keep_their_digits(a, b):
    # whole shapes make every figure a fraction
    exact = [Fraction(b + i, a + b + i) for i in range(400)]
    for t in (1, 2, 40, 400):
        assert SBG.survival((a, b), t) == pytest.approx(float(prod(exact[:t])), rel=1e-11)
        assert SBG.retention_rate((a, b), t) == pytest.approx(float(exact[t - 1]), rel=1e-13)
        loss = prod(exact[: t - 1]) * (1 - exact[t - 1])
        assert SBG.probability_of_loss((a, b), t) == pytest.approx(float(loss), rel=1e-9)


@pytest.mark.parametrize("tenure", [0, 3, 200])
@pytest.mark.parametrize("alpha", [1.01, 1.5, 6.0])
def test_remaining_lifetime_has_the_closed_form(alpha, tenure):
    # sum over m >= 1 of B(alpha, beta + n + m) / B(alpha, beta + n) = (beta + n) / (alpha - 1)
    expected = (4.0 + tenure) / (alpha - 1)
    remaining = SBG.expected_remaining_periods((alpha, 4.0), tenure)
    assert remaining == pytest.approx([expected], rel=1e-10)


@pytest.mark.parametrize("rate", [1e-4, 0.008, 0.1, 1.5])
@pytest.mark.parametrize("tenure", [0, 7, 120])
def test_discounted_lifetime_is_the_hypergeometric_function(rate, tenure):
    # Fader & Hardie (2010), with n - 1 = tenure
    alpha, beta = 0.668, 3.806
    expected = (beta + tenure) / (alpha + beta + tenure)
    expected *= hyp2f1(1, beta + tenure + 1, alpha + beta + tenure + 1, 1 / (1 + rate))
    found = SBG.discounted_residual_lifetime((alpha, beta), tenure, rate)
    assert found == pytest.approx([expected], rel=1e-9)


@pytest.mark.parametrize("params", [(0.2143, 1.4266, 1.7236), (0.8, 5.0, 0.4), (40.0, 900.0, 1.0)])
def test_discounted_lifetime_is_its_sum(params):
    rate, tenure, ahead = 0.004, 5, np.arange(1, 12_001)
    terms = _log_survival(*params, tenure + ahead.astype(float)) - _log_survival(*params, 5.0)
    expected = (np.exp(terms) * 1.004 ** (1.0 - ahead)).sum()
    found = BDW.discounted_residual_lifetime(params, tenure, rate)
    assert found == pytest.approx([expected], rel=1e-7)


def test_horizons_count_the_next_renewals():
    # S(1..4) of alpha = beta = 1 are 1/2, 1/3, 1/4, 1/5
    assert SBG.expected_remaining_periods((1, 1), [0, 2], 2) == pytest.approx(
        [1 / 2 + 1 / 3, 3 / 4 + 3 / 5]
    )
    # the first renewal is due now, the second in a period at 25 %
    assert SBG.discounted_residual_lifetime((1, 1), 0, 0.25, 2) == pytest.approx([1 / 2 + 4 / 15])
    assert SBG.conditional_survival((1, 1), [0, 2], [1, 2]) == pytest.approx(
        np.array([[1 / 2, 1 / 3], [3 / 4, 3 / 5]])
    )


def test_a_lifetime_without_mean_is_infinite():
    assert SBG.expected_remaining_periods((0.9, 3.0), [0, 9]).tolist() == [inf, inf]
    assert BDW.expected_remaining_periods((0.9, 3.0, 1.2), 0)[0] < inf


# ---------- Kaplan-Meier


def test_kaplan_meier_of_the_leukaemia_trial():
    # Miller (1981), maintained group; figures as printed by R's survival package
    times = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161]
    seen = kaplan_meier(contract_cells(times, [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]))
    at = [9, 13, 18, 23, 31, 34, 48]
    assert seen.at_risk[at].tolist() == [11, 10, 8, 7, 5, 4, 2]
    assert seen.lost[at].tolist() == [1] * 7
    assert seen.survival[at] == pytest.approx(
        [0.909, 0.818, 0.716, 0.614, 0.491, 0.368, 0.184], abs=5e-4
    )
    assert seen.standard_error[at] == pytest.approx(
        [0.0867, 0.1163, 0.1397, 0.1526, 0.1642, 0.1627, 0.1535], abs=5e-5
    )
    assert seen.period.tolist() == list(range(162))


def test_interval_by_hand():
    # one of four lost: ln S = ln 3/4, Greenwood 1 / (4 * 3); exp(1.96 * 1.00345) = 7.1473
    seen = kaplan_meier(contract_cells([1, 1], [1, 0], [1, 3]))
    assert seen.survival.tolist() == [1.0, 0.75]
    assert seen.lower_95 == pytest.approx([1.0, 0.1279], abs=1e-4)
    assert seen.upper_95 == pytest.approx([1.0, 0.9605], abs=1e-4)
    assert seen.standard_error == pytest.approx([0.0, 0.75 * (1 / 12) ** 0.5])


def test_nobody_left_has_no_interval():
    seen = kaplan_meier(contract_cells([1, 2], [1, 1]))
    assert seen.survival.tolist() == [1.0, 0.5, 0.0]
    assert np.isnan([seen.lower_95[2], seen.upper_95[2], seen.standard_error[2]]).all()
    with pytest.raises(ValueError, match="no contracts"):
        kaplan_meier(contract_cells([], []))


# ---------- fits


def test_customers_that_are_all_alike_are_flagged_and_still_predicted():
    # a third is lost at every renewal: the curve is known, the spread between customers is nil
    left = 3000 * (2 / 3) ** np.arange(9)
    rows = [*range(1, 9), 8], [1] * 8 + [0], [*-np.diff(left), left[-1]]
    for model in (SBG, BDW):
        fit = fit_contract_model(model, *rows)
        assert fit.boundary is not None
        survival = model.survival(fit.params, np.arange(1, 9))
        assert survival == pytest.approx((2 / 3) ** np.arange(1, 9), abs=0.01)


def test_a_handful_of_contracts_gives_finite_parameters():
    for rows in (([1], [1]), ([1, 9], [1, 0]), ([1, 2, 2], [1, 1, 0]), ([50] * 3, [1, 1, 0])):
        for model in (SBG, BDW):
            fit = fit_contract_model(model, *rows)
            assert fit.converged
            assert all(1e-3 < value < 1e4 for value in fit.params.values())
            assert not any(error <= 0 for error in fit.standard_error.values())


def test_fits_refuse_what_cannot_be_fitted():
    with pytest.raises(ValueError, match="no contract was lost"):
        fit_contract_model(SBG, [3, 4], [0, 0])
    with pytest.raises(ValueError, match="no contract was lost"):
        fit_contract_model(SBG, [], [])
    with pytest.raises(ValueError, match="method"):
        fit_contract_model(SBG, [3, 4], [1, 0], method="guess")


@pytest.mark.parametrize(
    ("tenure", "is_lost", "weight", "message"),
    [
        ([1, -1], [0, 0], None, "'tenure', row 1: -1 is negative"),
        ([1, 1.5], [0, 0], None, "'tenure', row 1: 1.5 is not a whole number"),
        ([1, np.nan], [0, 0], None, "'tenure', row 1: nan is not a finite number"),
        ([1, 2], [0, 2], None, "'is_lost', row 1: 2 is neither 0 nor 1"),
        ([2, 0], [1, 1], None, "'tenure', row 1: 0 must be at least 1 where is_lost is 1"),
        ([2, 1], [1, 1], [1, 0], "'weight', row 1: 0 is not above 0"),
        ([2, 1], [1, 1, 0], None, "'tenure': 2 rows where 3 are expected"),
        (["x"], [1], None, "'tenure', row 0: 'x' is not a number"),
    ],
)
def test_impossible_contracts_are_named(tenure, is_lost, weight, message):
    with pytest.raises(ValueError, match=message):
        contract_cells(tenure, is_lost, weight)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SBG.survival((1, -1), 1), "'beta' must be above 0"),
        (lambda: SBG.survival({"alpha": 1}, 1), "'beta' is missing"),
        (lambda: SBG.survival((1, 1, 1), 1), "expected alpha, beta"),
        (lambda: SBG.survival((1, 1), -1), "t must be"),
        (lambda: SBG.retention_rate((1, 1), 0), "t must be"),
        (lambda: SBG.expected_remaining_periods((1, 1), 0.5), "whole"),
        (lambda: SBG.expected_remaining_periods((1, 1), 1, 0), "horizon"),
        (lambda: SBG.discounted_residual_lifetime((1, 1), 1, 0), "discount_rate"),
        (lambda: SBG.discounted_residual_lifetime((1, 1), 1, -0.1, 5), "discount_rate"),
    ],
)
def test_impossible_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---------- properties


@settings(max_examples=200, deadline=None)
@given(parameters, tenures, st.integers(1, 20_000))
def test_survival_falls_and_stays_a_probability(params, tenure, further):
    now, later = BDW.survival(params, [tenure, tenure + further])
    assert 0 <= later <= now <= 1
    conditional = BDW.conditional_survival(params, tenure, float(further))
    assert 0 <= conditional[0] <= 1
    if now > 1e-200:
        assert conditional[0] == pytest.approx(later / now, rel=1e-6, abs=1e-12)
    assert 0 <= BDW.retention_rate(params, tenure + further) <= 1


@settings(max_examples=100, deadline=None)
@given(parameters, st.integers(1, 40))
def test_losses_and_survivors_are_everybody(params, t):
    lost = BDW.probability_of_loss(params, np.arange(1, t + 1))
    assert lost.sum() + BDW.survival(params, t) == pytest.approx(1.0, abs=1e-10)


@settings(max_examples=100, deadline=None)
@given(shapes, shapes, st.integers(0, 300))
def test_the_two_models_agree_without_dependence_on_time(a, b, t):
    assert BDW.survival((a, b, 1.0), t) == pytest.approx(SBG.survival((a, b), t), rel=1e-12)


@settings(max_examples=100, deadline=None)
@given(shapes, shapes, tenures)
def test_long_customers_are_the_loyal_ones(a, b, tenure):
    # among customers that differ, retention rises with tenure though nobody's own chance does
    rates = SBG.retention_rate((a, b), [tenure + 1, tenure + 2])
    assert rates[0] <= rates[1] + 1e-12


@settings(max_examples=100, deadline=None)
@given(parameters, tenures, st.integers(1, 60), st.floats(1e-4, 1.0))
def test_remaining_periods_rise_with_the_horizon_and_fall_with_the_rate(
    params, tenure, horizon, rate
):
    shorter, longer = (
        BDW.expected_remaining_periods(params, tenure, ahead)[0] for ahead in (horizon, horizon + 1)
    )
    assert 0 <= shorter <= longer <= horizon + 1
    discounted = BDW.discounted_residual_lifetime(params, tenure, rate, horizon)[0]
    assert discounted <= shorter * (1 + rate) + 1e-12
    whole = BDW.discounted_residual_lifetime(params, tenure, rate)[0]
    assert discounted <= whole * (1 + 1e-9)
    assert whole <= (1 + rate) / rate * (1 + 1e-9)
    free = BDW.discounted_residual_lifetime(params, tenure, 0.0, horizon)[0]
    assert free == pytest.approx(shorter)


rows = st.lists(
    st.tuples(st.integers(1, 12), st.booleans(), st.integers(1, 4)), min_size=1, max_size=12
)


@settings(max_examples=100, deadline=None)
@given(rows)
def test_observed_survival_is_a_probability_inside_its_interval(rows):
    seen = kaplan_meier(contract_cells(*map(list, zip(*rows, strict=True))))
    assert ((seen.survival >= 0) & (seen.survival <= 1)).all()
    assert (np.diff(seen.survival) <= 0).all()
    known = ~np.isnan(seen.lower_95)
    assert (known == (seen.survival > 0)).all()
    assert (seen.lower_95[known] <= seen.survival[known]).all()
    assert (seen.upper_95[known] >= seen.survival[known]).all()
    assert ((seen.lower_95[known] >= 0) & (seen.upper_95[known] <= 1)).all()
    if all(lost for _, lost, _ in rows):
        # without censoring: the share that is still there
        total = sum(weight for *_, weight in rows)
        for t, share in enumerate(seen.survival):
            left = sum(weight for tenure, _, weight in rows if tenure > t)
            assert share == pytest.approx(left / total, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(rows.filter(lambda rows: any(lost for _, lost, _ in rows)), st.sampled_from([SBG, BDW]))
def test_weights_are_repeated_rows(rows, model):
    tenure, lost, weight = map(np.array, zip(*rows, strict=True))
    weighted = fit_contract_model(model, tenure, lost, weight)
    repeated = fit_contract_model(
        model, np.repeat(tenure, weight)[::-1], np.repeat(lost, weight)[::-1]
    )
    assert repeated.params == pytest.approx(weighted.params, rel=1e-6)
    assert repeated.log_likelihood == pytest.approx(weighted.log_likelihood, rel=1e-9)
    assert repeated.standard_error == pytest.approx(weighted.standard_error, rel=1e-4, nan_ok=True)
