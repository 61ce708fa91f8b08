"""The back-test as rows: every scope against the measures computed directly, and bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cltv.evaluation import evaluate_orders, metrics
from cltv.evaluation.baselines import NAMES, baseline_orders, is_silent, yearly_retention
from cltv.evaluation.distributions import COUNTS, future_counts
from cltv.evaluation.tables import COLUMNS
from cltv.fit_rows import COLUMNS as FIT_COLUMNS

ORIGINS = pd.DataFrame(
    {
        "origin_id": ["now", "backtest_2024-01-31", "backtest_2024-02-29"],
        "origin_date": pd.to_datetime(["2025-02-28", "2024-01-31", "2024-02-29"]),
        "horizon_label": ["12m", "6m", "6m"],
        "horizon_days": [365, 182, 182],
    }
)
FITS = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in FIT_COLUMNS.items()})
HISTORY = ["frequency", "recency_days", "age_days"]


def _backtest(rows=400, seed=3):
    rng = np.random.default_rng(seed)
    parts = []
    for origin_id in ORIGINS["origin_id"][1:]:
        age = rng.integers(1, 60, rows) * 10
        frequency = np.minimum(rng.poisson(rng.gamma(0.5, 0.02, rows) * age), age // 10)
        recency = np.where(frequency > 0, np.maximum(frequency, age // 2), 0)
        channel = rng.choice(["email", "search", "shop"], rows)
        kind = rng.choice(["business", "person"], rows, p=[0.3, 0.7])
        parts.append(
            pd.DataFrame(
                {
                    "origin_id": origin_id,
                    "acquisition_channel": channel,
                    "customer_type": kind,
                    "covariate_pattern": [f"{a}|{b}" for a, b in zip(channel, kind, strict=True)],
                    "frequency": frequency,
                    "recency_days": recency,
                    "age_days": age,
                    "orders_last_year": np.minimum(frequency, 4) + (age <= 365),
                    "holdout_orders": rng.poisson(0.2 + 0.5 * frequency),
                    "customers": rng.integers(1, 5, rows),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _scores(cells, name="bg_nbd", patterns=False):
    keys = ["origin_id", *HISTORY] + (["covariate_pattern"] if patterns else [])
    scores = cells[keys].drop_duplicates().assign(model_name=name)
    if not patterns:
        scores["covariate_pattern"] = "all"
        shift = 0.0
    else:
        shift = 0.3 * scores["covariate_pattern"].str.startswith("email")
    expected = 0.1 + 0.4 * scores["frequency"] + 0.001 * scores["recency_days"] + shift
    scores["expected_orders_6m"] = expected
    scores["probability_active_6m"] = 1 - (1 + expected) ** -1.0
    return scores


def _poisson(origin_id, model_name, cells, horizon_days, counts):
    """Stand in for a model whose purchases are Poisson around .1 + .4 x."""
    table = stats.poisson.pmf(np.arange(counts), 0.1 + 0.4 * cells["frequency"].to_numpy()[:, None])
    table[:, -1] = 1 - table[:, :-1].sum(axis=1)
    return table


@pytest.fixture(scope="module")
def cells():
    return _backtest()


@pytest.fixture(scope="module")
def graded(cells):
    scores = pd.concat(
        [_scores(cells), _scores(cells, "ensemble_by_group", patterns=True)], ignore_index=True
    )
    return evaluate_orders(cells, scores, FITS, ORIGINS, predictive=_poisson)


def _value(graded, origin_id, model_name, scope, value, metric):
    row = graded[
        (graded["origin_id"] == origin_id)
        & (graded["model_name"] == model_name)
        & (graded["scope"] == scope)
        & (graded["scope_value"] == value)
        & (graded["metric"] == metric)
    ]
    assert len(row) == 1
    return row["estimate"].item()


ORIGIN = "backtest_2024-02-29"

# ---------- metrics


def test_every_key_is_there_once_with_its_types(graded):
    assert list(graded.columns) == list(COLUMNS)
    assert not graded.duplicated(list(COLUMNS)[:5]).any()
    assert set(graded["model_name"]) == {*NAMES, "recency", "bg_nbd", "ensemble_by_group"}
    assert set(graded["origin_id"]) == set(ORIGINS["origin_id"][1:])
    assert (graded["customers"] >= 0).all()
    assert graded.loc[graded["model_name"] == "recency", "metric"].unique().tolist() == ["auc"]


@pytest.mark.parametrize("model_name", ["bg_nbd", "ensemble_by_group"])
def test_scopes_agree_with_the_measures_on_joined_rows(cells, graded, model_name):
    grouped = model_name == "ensemble_by_group"
    scores = _scores(cells, patterns=grouped)
    if not grouped:
        scores = scores.drop(columns="covariate_pattern")
    keys = ["origin_id", *HISTORY] + (["covariate_pattern"] if grouped else [])
    joined = cells[cells["origin_id"] == ORIGIN].merge(scores, on=keys)
    assert len(joined) == 400
    for scope, value in (
        ("all", "all"),
        ("acquisition_channel", "search"),
        ("customer_type", "business"),
    ):
        part = joined if scope == "all" else joined[joined[scope] == value]
        actual, weight = part["holdout_orders"], part["customers"]
        predicted, active = part["expected_orders_6m"], part["probability_active_6m"]
        expected = {
            "customers": weight.sum(),
            "predicted_orders": (predicted * weight).sum(),
            "actual_orders": (actual * weight).sum(),
            "predicted_active": (active * weight).sum(),
            "actual_active": ((actual > 0) * weight).sum(),
            "poisson_deviance": metrics.poisson_deviance(actual, predicted, weight),
            "rmse": metrics.root_mean_squared_error(actual, predicted, weight),
            "mae": metrics.mean_absolute_error(actual, predicted, weight),
            "bias": metrics.aggregate_bias(actual, predicted, weight),
            "gini": metrics.normalised_gini(actual, predicted, weight),
            "spearman": metrics.spearman_correlation(actual, predicted, weight),
            "auc": metrics.area_under_curve(actual, active, weight),
            "brier": metrics.brier_score(actual, active, weight),
        }
        for metric, right in expected.items():
            found = _value(graded, ORIGIN, model_name, scope, value, metric)
            assert found == pytest.approx(right, rel=1e-9), (scope, metric)
    capture = metrics.high_value_capture(
        joined["holdout_orders"], joined["expected_orders_6m"], joined["customers"]
    )
    assert _value(graded, ORIGIN, model_name, "all", "all", "order_capture") == capture


def test_totals_by_scope_add_up(graded):
    totals = graded[graded["metric"].isin(["customers", "predicted_orders", "actual_orders"])]
    sums = totals.groupby(["origin_id", "model_name", "metric", "scope"])["estimate"].sum()
    for (_, name, metric), by_scope in sums.groupby(level=[0, 1, 2]):
        assert len(by_scope) == 4, (name, metric)
        assert np.ptp(by_scope.to_numpy()) == pytest.approx(0, abs=1e-8 * by_scope.iloc[0])


def test_recency_ranks_by_silence(cells, graded):
    part = cells[cells["origin_id"] == ORIGIN]
    silence = part["age_days"] - part["recency_days"]
    right = metrics.area_under_curve(part["holdout_orders"], -silence, part["customers"])
    assert _value(graded, ORIGIN, "recency", "all", "all", "auc") == pytest.approx(right)


def test_baselines_are_active_as_poisson_counts_are(cells, graded):
    part = cells[cells["origin_id"] == ORIGIN]
    predicted = part["frequency"] / np.maximum(part["age_days"], 90) * 182
    brier = metrics.brier_score(part["holdout_orders"], 1 - np.exp(-predicted), part["customers"])
    assert _value(graded, ORIGIN, "run_rate", "all", "all", "brier") == pytest.approx(brier)
    none = (stats.poisson.pmf(0, predicted) * part["customers"]).sum()
    ten = (stats.poisson.sf(9, predicted) * part["customers"]).sum()
    found = [
        _value(graded, ORIGIN, "run_rate", "holdout_orders", bar, "predicted_customers")
        for bar in ("0", "10+")
    ]
    assert found == [pytest.approx(none), pytest.approx(ten)]


def test_histogram_and_intervals_are_those_of_the_distribution(cells, graded):
    part = cells[cells["origin_id"] == ORIGIN]
    mean, weight = 0.1 + 0.4 * part["frequency"], part["customers"]
    for count in (0, 1, 9):
        bar = (ORIGIN, "bg_nbd", "holdout_orders", str(count))
        predicted = (stats.poisson.pmf(count, mean) * weight).sum()
        assert _value(graded, *bar, "predicted_customers") == pytest.approx(predicted)
        actual = weight[part["holdout_orders"] == count].sum()
        assert _value(graded, *bar, "actual_customers") == actual
    bars = graded[(graded["scope"] == "holdout_orders") & (graded["model_name"] == "bg_nbd")]
    sums = bars.groupby(["origin_id", "metric"])["estimate"].sum().unstack()
    assert sums["predicted_customers"].tolist() == pytest.approx(sums["actual_customers"].tolist())
    low, high = stats.poisson.ppf(0.05, mean), stats.poisson.ppf(0.95, mean)
    inside = (part["holdout_orders"] >= low) & (part["holdout_orders"] <= high)
    found = _value(graded, ORIGIN, "bg_nbd", "all", "all", "coverage_90")
    assert found == pytest.approx(np.average(inside, weights=weight))
    content = stats.poisson.cdf(high, mean) - stats.poisson.cdf(low - 1, mean)
    found = _value(graded, ORIGIN, "bg_nbd", "all", "all", "content_90")
    assert found == pytest.approx(np.average(content, weights=weight))
    pit = graded[(graded["scope"] == "pit") & (graded["origin_id"] == ORIGIN)]
    pit = pit[pit["model_name"] == "bg_nbd"]
    assert pit["scope_value"].tolist() == [f"{bin:02d}" for bin in range(1, 11)]
    assert pit["estimate"].sum() == pytest.approx(1.0)


def test_a_sample_of_histories_stands_for_all(cells):
    whole = evaluate_orders(cells, _scores(cells), FITS, ORIGINS, predictive=_poisson)
    part = evaluate_orders(
        cells, _scores(cells), FITS, ORIGINS, predictive=_poisson, distribution_cells=300
    )
    keys = list(COLUMNS)[:5]
    both = whole.merge(part, on=keys, suffixes=("", "_part"))
    assert len(both) == len(whole)
    touched = both["metric"].str.startswith(("coverage", "content"))
    assert (both["estimate"] - both["estimate_part"])[touched].abs().max() < 0.04
    bars = (both["metric"] == "predicted_customers") & (both["model_name"] == "bg_nbd")
    sums = both[bars].groupby("origin_id")[["estimate", "estimate_part"]].sum()
    assert sums["estimate_part"].tolist() == pytest.approx(sums["estimate"].tolist())
    none = evaluate_orders(cells, _scores(cells), FITS, ORIGINS, distribution_cells=0)
    assert not none["metric"].str.startswith("coverage").any()
    assert "pit" not in set(none["scope"])


def test_order_of_rows_and_splitting_of_cells_change_nothing(cells, graded):
    # every cell of three customers becomes one of one and one of two
    three = cells["customers"] == 3
    split = pd.concat(
        [cells[~three], cells[three].assign(customers=1), cells[three].assign(customers=2)]
    ).sample(frac=1, random_state=0)
    scores = pd.concat([_scores(cells), _scores(cells, "ensemble_by_group", patterns=True)])
    again = evaluate_orders(
        split, scores.sample(frac=1, random_state=1), FITS, ORIGINS, predictive=_poisson
    )
    keys = list(COLUMNS)[:5]
    both = graded.merge(again, on=keys, suffixes=("", "_again"))
    assert len(both) == len(graded) == len(again)
    gap = (both["estimate"] - both["estimate_again"]).abs()
    assert gap.max() < 1e-8


def test_a_challenger_may_look_at_last_years_orders(cells):
    keys = ["origin_id", "covariate_pattern", *HISTORY, "orders_last_year"]
    own = cells[keys].drop_duplicates().assign(model_name="boosted")
    own["expected_orders_6m"] = 0.1 + own["orders_last_year"]
    own["probability_active_6m"] = 0.5
    scores = pd.concat([_scores(cells), own], ignore_index=True)
    graded = evaluate_orders(cells, scores, FITS, ORIGINS, distribution_cells=0)
    part = cells[cells["origin_id"] == ORIGIN]
    total = ((0.1 + part["orders_last_year"]) * part["customers"]).sum()
    found = _value(graded, ORIGIN, "boosted", "all", "all", "predicted_orders")
    assert found == pytest.approx(total)


def test_channels_that_were_fitted_together_keep_their_shift_in_the_distributions():
    origin_id, r, alpha, a, b = ORIGIN, 0.7, 6.0, 0.8, 2.5
    key = (origin_id, "bg_nbd_by_group", "purchases")
    figures = {
        ("status", "fit_status"): 1.0,
        ("diagnostic", "time_unit_days"): 7.0,
        ("parameter", "r"): r,
        ("parameter", "alpha"): alpha,
        ("parameter", "a"): a,
        ("parameter", "b"): b,
        ("effect", "alpha[acquisition_channel=other]"): np.log(4.0),
        ("effect", "alpha[acquisition_channel=email]"): 0.0,
    }
    rows = [
        (*key, name, kind, value, np.nan, np.nan, np.nan, "fitted")
        for (kind, name), value in figures.items()
    ]
    fits = pd.DataFrame(rows, columns=list(FIT_COLUMNS)).astype(FIT_COLUMNS)
    # two channels of a few customers each, which the fit knows as one
    cells = pd.DataFrame(
        {
            "origin_id": origin_id,
            "acquisition_channel": ["email", "kiosk", "radio"],
            "covariate_channel": ["email", "other", "other"],
            "customer_type": "person",
            "covariate_pattern": ["email|person", "other|person", "other|person"],
            "frequency": [2, 2, 5],
            "recency_days": [140, 140, 210],
            "age_days": [280, 280, 350],
            "orders_last_year": 3,
            "holdout_orders": [1, 0, 2],
            "customers": [5, 3, 2],
        }
    )
    scores = _scores(cells, "ensemble_by_group", patterns=True)
    graded = evaluate_orders(cells, scores, fits, ORIGINS)
    x, last, age = (cells[name] / unit for name, unit in zip(HISTORY, (1, 7, 7), strict=True))
    own = alpha * np.array([1.0, 4.0, 4.0])
    alive = 1 / (1 + a / (b + x - 1) * ((own + age) / (own + last)) ** (r + x))
    none = 1 - alive * (1 - ((own + age) / (own + age + 26)) ** (r + x))
    bar = ("ensemble_by_group", "holdout_orders", "0", "predicted_customers")
    assert _value(graded, origin_id, *bar) == pytest.approx((none * cells["customers"]).sum())


# ---------- distributions from fits


class _Certain:
    """A model whose customers buy `frequency` times again if alive, which half of them are."""

    name = "of_draws"

    @staticmethod
    def draw_purchases(params, frequency, recency, age, horizon, uniforms):
        return np.where(uniforms[:, 0] < 0.5, frequency[:, None], 0).astype(np.int32)


def test_without_a_closed_form_probabilities_are_shares_of_draws():
    table = future_counts(_Certain, None, np.array([0, 3, 500]), 5.0, 9.0, 30)
    assert table.shape == (3, COUNTS)
    assert table.sum(axis=1) == pytest.approx(np.ones(3))
    assert table[0, 0] == 1.0
    assert table[1, [0, 3]].tolist() == [0.5, 0.5]
    assert table[2, [0, -1]].tolist() == [0.5, 0.5]


# ---------- baselines


def test_baselines_of_three_customers_by_hand():
    columns = {
        "frequency": np.array([0, 4, 1]),
        "recency_days": np.array([0, 360, 100]),
        "age_days": np.array([30, 400, 730]),
        "orders_last_year": np.array([1, 4, 0]),
        "segment": np.array([0, 0, 1]),
        "customers": np.array([2, 1, 1]),
    }
    found = baseline_orders(**columns, horizon_days=182.5)
    assert tuple(found) == NAMES
    # own gap of 90 days, silent for 40; the third one bought after 100 days and has been gone 630
    assert found["run_rate"] == pytest.approx([0, 4 / 400 * 182.5, 1 / 730 * 182.5])
    assert found["hiatus_rule"] == pytest.approx([0, 4 / 400 * 182.5, 0])
    # thirty days are taken as ninety, and a year is the most
    assert found["last_12_months"] == pytest.approx([182.5 / 90, 4 / 365 * 182.5, 0])
    # four purchases in 31 + 31 + 401 days; one in 731
    assert found["segment_mean"] == pytest.approx(
        [4 / 463 * 182.5, 4 / 463 * 182.5, 1 / 731 * 182.5]
    )
    # three of four bought 6 times in the year; of two old ones, one came back
    assert found["simple_lifespan"] == pytest.approx(np.full(3, 2 * 0.5))
    fading = (0.5**0.5 - 1) / np.log(0.5) / 0.5
    assert found["retention_adjusted"] == pytest.approx(fading * found["run_rate"])


def test_retention_stays_inside_its_limits():
    one = np.ones(1)
    assert yearly_retention(np.zeros(1), np.full(1, 100.0), one) == 0.5
    assert yearly_retention(np.zeros(1), np.full(1, 900.0), one) == 0.01
    assert yearly_retention(np.full(1, 890.0), np.full(1, 900.0), one) == 0.95


def test_the_hiatus_rule_waits_half_a_year_after_a_single_purchase():
    frequency = np.array([0, 0, 10, 10])
    recency = np.array([0, 0, 10, 10])
    age = np.array([182, 183, 40, 41])
    assert is_silent(frequency, recency, age).tolist() == [False, True, False, True]


def test_nobody_bought_again():
    zeros = np.zeros(3)
    found = baseline_orders(zeros, zeros, zeros, zeros, zeros, np.ones(3), 91)
    for name, values in found.items():
        assert values.tolist() == [0, 0, 0], name


# ---------- bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c, s, o: (c.drop(columns="holdout_orders"), s, o), "'holdout_orders' is missing"),
        (lambda c, s, o: (c.assign(holdout_orders=-1), s, o), "'holdout_orders', row 0: -1"),
        (lambda c, s, o: (c.assign(orders_last_year=0.5), s, o), "'orders_last_year', row 0"),
        (lambda c, s, o: (c.assign(holdout_orders="x"), s, o), "'holdout_orders'"),
        (lambda c, s, o: (c.assign(recency_days=10**6), s, o), "'recency_days', row 0"),
        (lambda c, s, o: (c.assign(customers=0), s, o), "'customers', row 0"),
        (lambda c, s, o: (c, s.iloc[1:], o), "bg_nbd of backtest_2024-01-31 has no row for freq"),
        (lambda c, s, o: (c, s.drop(columns="expected_orders_6m"), o), "'expected_orders_6m'"),
        (lambda c, s, o: (c, s.assign(expected_orders_6m=np.nan), o), "expected_orders_6m of bg"),
        (lambda c, s, o: (c, s, o.iloc[:1]), "no row for origin_id 'backtest_2024-01-31'"),
        (lambda c, s, o: (c, s, o.assign(horizon_days=0)), "'horizon_days', row 0"),
    ],
)
def test_bad_input_is_named(cells, change, message):
    cells, scores, origins = change(cells, _scores(cells), ORIGINS)
    with pytest.raises(ValueError, match=message):
        evaluate_orders(cells, scores, FITS, origins, distribution_cells=0)


def test_a_stand_in_of_the_wrong_shape_is_refused(cells):
    with pytest.raises(ValueError, match="shape"):
        evaluate_orders(
            cells, _scores(cells), FITS, ORIGINS, predictive=lambda *given: np.ones((1, 5))
        )


def test_without_any_cells_the_table_is_empty_but_typed(cells):
    empty = evaluate_orders(cells.iloc[:0], _scores(cells).iloc[:0], FITS, ORIGINS)
    assert len(empty) == 0
    assert {name: str(kind) for name, kind in empty.dtypes.items()} == COLUMNS
