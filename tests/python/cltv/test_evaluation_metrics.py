"""Measures of predictions against hand calculations, scipy, and one row per customer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cltv.evaluation import metrics
from cltv.evaluation.metrics import CountDistribution


@pytest.fixture(scope="module")
def rows():
    """Weighted rows full of ties, and the same customers one by one."""
    rng = np.random.default_rng(7)
    weight = rng.integers(1, 6, 300)
    actual = rng.poisson(rng.gamma(0.5, 2.0, 300)).astype(float)
    predicted = np.round(rng.gamma(0.5, 2.0, 300) + 0.3 * actual, 1)
    each = np.repeat(np.arange(300), weight)
    return (actual, predicted, weight), (actual[each], predicted[each])


# ---------- errors


def test_errors_of_four_customers_by_hand():
    actual, predicted, weight = [0, 2, 1], [0.5, 1.0, 1.0], [2, 1, 1]
    assert metrics.root_mean_squared_error(actual, predicted, weight) == pytest.approx(
        (1.5 / 4) ** 0.5
    )
    assert metrics.mean_absolute_error(actual, predicted, weight) == pytest.approx(0.5)
    # 3 foreseen, 3 came
    assert metrics.aggregate_bias(actual, predicted, weight) == pytest.approx(0.0)
    assert metrics.aggregate_bias([0, 2], [1, 2]) == pytest.approx(0.5)
    # 2 customers: 2 (0 + .5); one: 2 (2 ln 2 - 1)
    by_hand = (2 * 1.0 + 2 * (2 * np.log(2) - 1)) / 4
    assert metrics.poisson_deviance(actual, predicted, weight) == pytest.approx(by_hand)


def test_deviance_is_twice_the_lost_log_likelihood(rows):
    (actual, predicted, weight), _ = rows
    mean = np.maximum(predicted, 0.05)
    best = stats.poisson.logpmf(actual, np.maximum(actual, 1e-12))
    lost = 2 * (best - stats.poisson.logpmf(actual, mean))
    found = metrics.poisson_deviance(actual, predicted, weight, floor=0.05)
    assert found == pytest.approx(np.average(lost, weights=weight), rel=1e-9)


def test_a_prediction_of_zero_costs_what_the_floor_costs():
    found = metrics.poisson_deviance([1], [0.0])
    assert found == pytest.approx(metrics.poisson_deviance([1], [metrics.ZERO_FLOOR]))
    assert found == pytest.approx(2 * (np.log(1000) - 0.999))
    assert metrics.poisson_deviance([0, 3], [0.0, 3.0], floor=1e-12) == pytest.approx(0, abs=1e-11)


def test_brier_score_by_hand():
    # (.2 - 0)^2 for three, (.6 - 1)^2 for one; a count of 5 is one active customer
    assert metrics.brier_score([0, 5], [0.2, 0.6], [3, 1]) == pytest.approx((0.12 + 0.16) / 4)


def test_nothing_came_or_nobody_was_there():
    assert np.isnan(metrics.aggregate_bias([0, 0], [1, 2]))
    assert np.isnan(metrics.normalised_gini([0, 0], [1, 2]))
    assert np.isnan(metrics.area_under_curve([0, 0], [1, 2]))
    assert np.isnan(metrics.area_under_curve([1, 3], [1, 2]))
    assert np.isnan(metrics.spearman_correlation([1, 2], [3, 3]))
    assert np.isnan(metrics.high_value_capture([0, -1], [1, 2]))
    for measure in (metrics.poisson_deviance, metrics.root_mean_squared_error):
        assert np.isnan(measure([], []))


# ---------- rankings


def test_spearman_is_that_of_scipy(rows):
    (actual, predicted, weight), (all_actual, all_predicted) = rows
    expected = stats.spearmanr(all_actual, all_predicted).statistic
    found = metrics.spearman_correlation(actual, predicted, weight)
    assert found == pytest.approx(expected, rel=1e-12)


def test_auc_is_the_mann_whitney_statistic(rows):
    (actual, predicted, weight), (all_actual, all_predicted) = rows
    active = all_actual > 0
    u = stats.mannwhitneyu(all_predicted[active], all_predicted[~active]).statistic
    found = metrics.area_under_curve(actual, predicted, weight)
    assert found == pytest.approx(u / (active.sum() * (~active).sum()), rel=1e-12)


def _gini_of_order(actual):
    """Textbook form: mean of the cumulative shares, highest first, less that of equal shares."""
    n = len(actual)
    return np.cumsum(actual).sum() / actual.sum() / n - (n + 1) / (2 * n)


def test_gini_is_the_mean_over_random_orders_of_ties(rows):
    (actual, predicted, weight), (all_actual, all_predicted) = rows
    rng = np.random.default_rng(1)
    best = _gini_of_order(np.sort(all_actual)[::-1])
    areas = []
    for _ in range(400):
        order = np.lexsort((rng.random(len(all_actual)), -all_predicted))
        areas.append(_gini_of_order(all_actual[order]))
    expected, error = np.mean(areas) / best, np.std(areas) / best / 20
    assert metrics.normalised_gini(actual, predicted, weight) == pytest.approx(
        expected, abs=4 * error
    )


def test_gini_without_ties_by_hand():
    # best order 3 1 0: shares 3/4 1 1; foreseen order 1 3 0: shares 1/4 1 1
    best = (0.75 + 1 + 1) / 3 - 2 / 3
    found = (0.25 + 1 + 1) / 3 - 2 / 3
    assert metrics.normalised_gini([3, 1, 0], [2, 5, 1]) == pytest.approx(found / best)


@given(
    actual=st.lists(st.integers(0, 6), min_size=2, max_size=30).filter(lambda v: len(set(v)) > 1),
    scale=st.floats(0.01, 100),
)
def test_a_perfect_ranking_is_one_and_its_reverse_minus_one(actual, scale):
    actual = np.array(actual, dtype=float)
    for sign in (1, -1):
        predicted = sign * scale * actual
        assert metrics.normalised_gini(actual, predicted) == pytest.approx(sign)
        assert metrics.spearman_correlation(actual, predicted) == pytest.approx(sign)
    if (actual == 0).any():
        assert metrics.area_under_curve(actual, actual) == 1.0
    # all equal: a ranking by chance
    assert metrics.normalised_gini(actual, np.ones(len(actual))) == pytest.approx(0, abs=1e-9)


# ---------- capture


def test_capture_by_hand():
    # 10 + 6 of 20 are four fifths: two makers, of whom one is among the two foreseen
    actual = [10, 6, 3, 1, 0]
    assert metrics.high_value_capture(actual, [9, 1, 5, 4, 0]) == pytest.approx(0.5)
    assert metrics.high_value_capture(actual, actual) == pytest.approx(1.0)


def test_capture_counts_ties_by_chance():
    # two makers among five; everybody is foreseen alike: each is chosen with probability 2/5
    assert metrics.high_value_capture([10, 6, 3, 1, 0], np.ones(5)) == pytest.approx(0.4)
    # the makers are 8 of 10 equal customers
    assert metrics.high_value_capture([1.0], [3.0], [10]) == pytest.approx(0.8)


def test_capture_of_rows_is_the_mean_over_random_orders_of_customers(rows):
    (actual, predicted, weight), (all_actual, all_predicted) = rows
    rng = np.random.default_rng(3)
    found = []
    for _ in range(2000):
        made = np.lexsort((rng.random(len(all_actual)), -all_actual))
        before = np.cumsum(all_actual[made]) - all_actual[made]
        makers = made[before < 0.8 * all_actual.sum() - 1e-9]
        chosen = np.lexsort((rng.random(len(all_actual)), -all_predicted))[: len(makers)]
        found.append(len(np.intersect1d(makers, chosen)) / len(makers))
    expected = metrics.high_value_capture(actual, predicted, weight)
    assert np.mean(found) == pytest.approx(expected, abs=4 * np.std(found) / 2000**0.5)


def test_losses_count_as_nothing():
    with_loss = metrics.high_value_capture([10, 6, 4, -50], [4, 3, 2, 1])
    assert with_loss == metrics.high_value_capture([10, 6, 4, 0], [4, 3, 2, 1]) == 1.0


# ---------- distributions


def _poisson(mean, counts):
    table = stats.poisson.pmf(np.arange(counts), np.asarray(mean)[:, None])
    table[:, -1] = 1 - table[:, :-1].sum(axis=1)
    return table


def test_quantiles_are_those_of_scipy():
    mean = np.array([0.05, 0.7, 2.0, 9.5])
    distribution = CountDistribution(_poisson(mean, 60))
    for level in (0.05, 0.25, 0.5, 0.9, 0.95):
        assert distribution.quantile(level).tolist() == stats.poisson.ppf(level, mean).tolist()


def test_coverage_and_content_by_hand():
    # 60 % 0, 30 % 1, 10 % 2: the 50 % interval runs from 0 to 1 and holds 90 %
    distribution = CountDistribution(np.tile([0.6, 0.3, 0.08, 0.02], (3, 1)))
    coverage, content = metrics.interval_coverage([0, 1, 2], distribution, 0.5, [5, 3, 2])
    assert (coverage, content) == (pytest.approx(0.8), pytest.approx(0.9))


def test_an_interval_that_ends_in_the_open_class_has_no_upper_end():
    distribution = CountDistribution(np.array([[0.2, 0.3, 0.5]]))
    coverage, content = metrics.interval_coverage([400], distribution, 0.9)
    assert (coverage, content) == (1.0, pytest.approx(1.0))


def test_outcomes_of_the_model_are_covered_as_it_says():
    rng = np.random.default_rng(5)
    mean = rng.gamma(0.4, 2.0, 40_000)
    actual = rng.poisson(mean)
    distribution = CountDistribution(_poisson(mean, 80))
    for level in (0.5, 0.8, 0.9):
        coverage, content = metrics.interval_coverage(actual, distribution, level)
        assert coverage == pytest.approx(content, abs=0.006)
        assert content > level
    histogram = metrics.pit_histogram(actual, distribution)
    assert metrics.flatness(histogram) < metrics.flatness_by_chance(40_000)
    # foreseen twice too high, the outcomes gather in the low bins
    wrong = metrics.pit_histogram(actual, CountDistribution(_poisson(2 * mean, 120)))
    assert wrong[0] > 0.12
    assert metrics.flatness(wrong) > 0.05


def test_pit_by_hand():
    # y = 0 spreads evenly over [0, .5], y = 1 over [.5, 1]: three quarters of the rows are 0
    distribution = CountDistribution(np.array([[0.5, 0.5]]), np.zeros(2, dtype=int))
    histogram = metrics.pit_histogram([0, 1], distribution, [3, 1])
    assert histogram[:5] == pytest.approx(np.full(5, 0.15))
    assert histogram[5:] == pytest.approx(np.full(5, 0.05))
    assert metrics.flatness(histogram) == pytest.approx(0.25)


def test_pit_is_the_mean_of_its_randomised_form():
    rng = np.random.default_rng(9)
    mean, actual = rng.gamma(1, 1.0, 50), rng.poisson(1.4, 50)
    below, upto = stats.poisson.cdf(actual - 1, mean), stats.poisson.cdf(actual, mean)
    draws = below + (upto - below) * rng.random((4000, 50))
    expected = np.histogram(draws, bins=10, range=(0, 1))[0] / draws.size
    found = metrics.pit_histogram(actual, CountDistribution(_poisson(mean, 60)))
    assert found == pytest.approx(expected, abs=0.003)
    assert found.sum() == pytest.approx(1.0)


def test_a_count_that_was_held_impossible_lies_at_the_end_of_the_scale():
    distribution = CountDistribution(np.array([[1.0, 0.0, 0.0]]))
    assert metrics.pit_histogram([2], distribution)[-1] == pytest.approx(1.0)


def test_flatness_by_chance_is_what_uniform_draws_show():
    rng = np.random.default_rng(2)
    counts = rng.multinomial(500, np.full(10, 0.1), 4000) / 500
    shown = np.abs(counts - 0.1).sum(axis=1).mean() / 2
    assert metrics.flatness_by_chance(500) == pytest.approx(shown, rel=0.02)


# ---------- weights and groups


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from([0.0, 0.3, 0.5, 2.0]), st.integers(1, 4)),
        min_size=1,
        max_size=12,
    )
)
def test_a_weighted_row_is_as_many_customers(table):
    actual, predicted, weight = (np.array(values) for values in zip(*table, strict=True))
    each = np.repeat(np.arange(len(actual)), weight)
    for measure in (
        metrics.poisson_deviance,
        metrics.root_mean_squared_error,
        metrics.mean_absolute_error,
        metrics.aggregate_bias,
        metrics.brier_score,
        metrics.normalised_gini,
        metrics.spearman_correlation,
        metrics.area_under_curve,
        metrics.high_value_capture,
    ):
        weighted = measure(actual, predicted, weight)
        expanded = measure(actual[each], predicted[each])
        assert weighted == pytest.approx(expanded, rel=1e-9, abs=1e-9, nan_ok=True)


def test_groups_are_measured_as_if_alone(rows):
    (actual, predicted, weight), _ = rows
    probability = 1 - np.exp(-predicted)
    group = np.arange(300) % 3
    cuts = [(np.zeros(300, dtype=int), 1), (group, 4)]
    whole, parts = metrics.grouped_metrics(actual, predicted, probability, weight, cuts)
    single = {
        "poisson_deviance": (metrics.poisson_deviance, predicted),
        "rmse": (metrics.root_mean_squared_error, predicted),
        "mae": (metrics.mean_absolute_error, predicted),
        "bias": (metrics.aggregate_bias, predicted),
        "gini": (metrics.normalised_gini, predicted),
        "spearman": (metrics.spearman_correlation, predicted),
        "brier": (metrics.brier_score, probability),
        "auc": (metrics.area_under_curve, probability),
    }
    for name, (measure, foreseen) in single.items():
        assert whole[name][0] == pytest.approx(measure(actual, foreseen, weight))
        for code in range(3):
            inside = group == code
            alone = measure(actual[inside], foreseen[inside], weight[inside])
            assert parts[name][code] == pytest.approx(alone)
        # a group without customers has no measure
        assert np.isnan(parts[name][3])
    assert parts["customers"].sum() == weight.sum()
    assert parts["predicted_orders"].sum() == pytest.approx((weight * predicted).sum())
    auc = metrics.grouped_auc(actual, predicted, weight, cuts)
    assert auc[1][:3] == pytest.approx(parts["auc"][:3])


def test_deciles_never_split_equal_scores():
    weight = np.ones(20)
    assert metrics.deciles(np.arange(20.0), weight).tolist() == sorted([*range(1, 11)] * 2)
    # sixty of a hundred at zero are the first tenth, and nobody is in the next five
    score, weight = np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([60, 10, 10, 10, 10])
    assert metrics.deciles(score, weight).tolist() == [1, 7, 8, 9, 10]
    assert metrics.deciles(np.array([3.0]), np.array([7.0])).tolist() == [1]
