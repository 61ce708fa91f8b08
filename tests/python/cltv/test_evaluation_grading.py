"""Grades and bands: hand calculations, scipy, and how often the bands hold in simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cltv.evaluation import backtest_summary, capture_gains, total_band
from cltv.evaluation.grading import SUMMARY_COLUMNS

# ---------- bands for totals


def test_without_overlap_it_is_the_textbook_prediction_interval():
    actual, predicted = np.array([90.0, 110.0, 95.0, 130.0]), np.full(4, 100.0)
    band = total_band(actual, predicted, [0, 91, 182, 400], 91, level=0.9)
    logs = np.log(actual / predicted)
    half = stats.t.ppf(0.95, 3) * logs.std(ddof=1) * np.sqrt(1 + 1 / 4)
    assert band.ratio == pytest.approx(np.exp(logs.mean()))
    assert band.lower == pytest.approx(np.exp(logs.mean() - half))
    assert band.upper == pytest.approx(np.exp(logs.mean() + half))
    assert (band.effective_origins, band.reason) == (pytest.approx(4.0), None)
    # the scale is that of the leave-one-out errors
    left_out = [logs[i] - np.delete(logs, i).mean() for i in range(4)]
    by_errors = np.sqrt(np.sum(np.square(left_out)) * (3 / 4) ** 2 / 3)
    assert by_errors == pytest.approx(logs.std(ddof=1))


@pytest.mark.parametrize(("origins", "reason"), [(0, "too_few_origins"), (2, "too_few_origins")])
def test_one_or_two_origins_have_no_band(origins, reason):
    band = total_band(np.full(origins, 2.0), np.ones(origins), np.arange(origins) * 400, 365)
    assert np.isnan([band.lower, band.upper]).all()
    assert band.reason == reason
    assert np.isnan(band.ratio) if origins == 0 else band.ratio == pytest.approx(2.0)


def test_origins_without_a_ratio_do_not_count():
    band = total_band([5, 0, 4, 3], [4, 4, 0, 3], [0, 100, 200, 300], 91)
    assert band.reason == "too_few_origins"
    assert band.ratio == pytest.approx((5 / 4) ** 0.5)
    same_day = total_band([5, 4, 3], [4, 4, 4], [7, 7, 7], 91)
    assert same_day.reason == "origins_coincide"


@pytest.mark.parametrize(
    ("origins", "apart", "horizon", "at_most"),
    [(3, 365, 365, 0.93), (12, 91, 91, 0.92), (12, 30, 91, 0.93), (12, 30, 365, 0.98)],
)
def test_bands_hold_as_often_as_they_promise(origins, apart, horizon, at_most):
    rng = np.random.default_rng(11)
    days = np.arange(origins) * apart
    # what happens on a day moves every holdout that has this day; forecasts are 13 % high
    shared = np.maximum(1 - np.abs(days[:, None] - days) / horizon, 0)
    past = rng.multivariate_normal(np.full(origins, -0.13), 0.01 * shared, 3000)
    future = rng.normal(-0.13, 0.1, 3000)
    held = []
    for logs, log in zip(past, future, strict=True):
        band = total_band(np.exp(logs), np.ones(origins), days, horizon, level=0.9)
        held.append(band.lower <= np.exp(log) <= band.upper)
    assert 0.88 <= np.mean(held) <= at_most


def test_overlap_is_what_widens_the_band():
    actual = np.array([90, 96, 103, 110, 105.0])
    apart = total_band(actual, np.full(5, 100.0), np.arange(5) * 365, 365)
    close = total_band(actual, np.full(5, 100.0), np.arange(5) * 30, 365)
    assert close.upper / close.lower > 2 * apart.upper / apart.lower
    assert close.effective_origins < 1.5 < apart.effective_origins


# ---------- captures


def _captures(found, top=20):
    rows = [
        {"origin_id": origin_id, "model_name": name, "bucket": bucket, "captured": captured}
        for (origin_id, name), values in found.items()
        for bucket, captured in enumerate(values)
    ]
    return pd.DataFrame(rows).assign(top_customers=top)


def test_gains_by_hand():
    gains = capture_gains(
        _captures(
            {
                ("o1", "ensemble"): [12, 10],
                ("o2", "ensemble"): [10, 8],
                ("o1", "run_rate"): [10, 8],
                ("o2", "run_rate"): [9, 5],
                ("o1", "segment_mean"): [2, 2],
                ("o2", "segment_mean"): [2, 2],
            }
        )
    ).set_index("model_name")
    assert gains.loc["ensemble", "capture"] == pytest.approx(40 / 80)
    assert gains.loc["ensemble", "best_baseline"] == "run_rate"
    assert gains.loc["ensemble", "best_baseline_capture"] == pytest.approx(32 / 80)
    assert gains.loc["ensemble", "capture_gain"] == pytest.approx(0.25)
    # a baseline is held against the best of the others
    assert gains.loc["run_rate", "best_baseline"] == "segment_mean"
    assert gains.loc["segment_mean", "capture_gain"] == pytest.approx(8 / 32 - 1)


def test_the_same_seed_gives_the_same_bounds():
    rng = np.random.default_rng(0)
    frame = _captures({("o", name): rng.binomial(20, 0.5, 50) for name in ("run_rate", "ensemble")})
    first, again = capture_gains(frame), capture_gains(frame.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(first, again)
    other = capture_gains(frame, seed=2)
    assert first["capture_gain_lower"].tolist() != other["capture_gain_lower"].tolist()
    row = first.set_index("model_name").loc["ensemble"]
    assert row["capture_gain_lower"] < row["capture_gain"] < row["capture_gain_upper"]


def test_the_bounds_are_those_of_the_delta_method():
    rng = np.random.default_rng(4)
    easy = rng.normal(0, 4, 50)
    ours = np.clip(np.round(12 + easy + rng.normal(0, 1, 50)), 0, 20)
    theirs = np.clip(np.round(10 + easy + rng.normal(0, 1, 50)), 0, 20)
    gains = capture_gains(_captures({("o", "ensemble"): ours, ("o", "run_rate"): theirs}))
    row = gains.set_index("model_name").loc["ensemble"]
    # standard error of a ratio of two paired means over buckets
    ratio = ours.sum() / theirs.sum()
    error = np.std(ours - ratio * theirs) / theirs.mean() / np.sqrt(50)
    width = row["capture_gain_upper"] - row["capture_gain_lower"]
    assert width == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert row["capture_gain"] == pytest.approx(ratio - 1)
    # not paired, the bounds would be several times as wide
    apart = np.hypot(ours.std() / ours.mean(), theirs.std() / theirs.mean()) * ratio / np.sqrt(50)
    assert width < 2 * apart


def test_origins_that_a_model_did_not_see_are_left_out_of_its_comparison():
    gains = capture_gains(
        _captures(
            {
                ("o1", "ensemble"): [10, 10],
                ("o1", "run_rate"): [8, 8],
                ("o2", "run_rate"): [20, 20],
                ("o2", "segment_mean"): [19, 19],
            }
        )
    ).set_index("model_name")
    assert gains.loc["ensemble", "capture_gain"] == pytest.approx(0.25)
    assert pd.isna(gains.loc["run_rate", "capture_gain"])


def test_nothing_to_compare():
    alone = capture_gains(_captures({("o", "ensemble"): [4, 5]})).iloc[0]
    assert alone["capture"] == pytest.approx(9 / 40)
    assert pd.isna(alone["best_baseline"])
    assert pd.isna(alone["capture_gain"])
    nobody = capture_gains(_captures({("o", "ensemble"): [0], ("o", "run_rate"): [0]}, top=0))
    assert nobody[["capture", "capture_gain", "capture_gain_lower"]].isna().all(axis=None)


# ---------- summary

ORIGINS = pd.DataFrame(
    {
        "origin_id": ["o1", "o2", "o3"],
        "origin_date": pd.to_datetime(["2024-01-01", "2024-04-01", "2024-07-01"]),
        "horizon_days": [91, 91, 91],
    }
)


def _metric_rows(name, predicted, actual, channels=None):
    rows = []
    for origin_id, foreseen, came in zip(ORIGINS["origin_id"], predicted, actual, strict=True):
        figures = {
            "predicted_orders": foreseen,
            "actual_orders": came,
            "customers": 100.0,
            "bias": foreseen / came - 1,
            "rmse": came / 100,
            "coverage_50": 0.86,
            "content_50": 0.85,
            "coverage_80": 0.90,
            "content_80": 0.94,
            "coverage_90": 0.96,
            "content_90": 0.97,
            "pit_flatness_by_chance": 0.08,
        }
        rows += [(origin_id, name, "all", "all", key, value) for key, value in figures.items()]
        rows += [
            (origin_id, name, "pit", f"{at:02d}", "share", share)
            for at, share in enumerate([0.15, *[0.1] * 8, 0.05], start=1)
        ]
        for channel, (expected, real, customers) in (channels or {}).items():
            for key, value in (
                ("predicted_orders", expected),
                ("actual_orders", real),
                ("customers", customers),
            ):
                rows.append((origin_id, name, "acquisition_channel", channel, key, value))
    frame = pd.DataFrame(
        rows, columns=["origin_id", "model_name", "scope", "scope_value", "metric", "estimate"]
    )
    return frame.assign(customers=100.0)


@pytest.fixture(scope="module")
def summary():
    channels = {"a": (30.0, 20.0, 60.0), "b": (20.0, 25.0, 40.0), "c": (1.0, 0.0, 5.0)}
    orders = pd.concat(
        [
            _metric_rows("ensemble", [110, 90, 100], [100, 100, 120], channels),
            _metric_rows("run_rate", [200, 210, 190], [100, 100, 120]),
        ]
    )
    orders.loc[len(orders)] = ["o1", "recency", "all", "all", "auc", 0.7, 100.0]
    value = pd.DataFrame(
        {
            "origin_id": ["o1", "o1", "o2", "o2", "o1"],
            "model_name": "ensemble",
            "scope": "all",
            "scope_value": "all",
            "metric": ["predicted_value", "actual_value"] * 2 + ["value_gini"],
            "estimate": [1000.0, 900.0, 1000.0, 1300.0, 0.6],
            "customers": 100.0,
        }
    )
    # intervals of value are drawn from two of the origins only
    held = [
        (50, 0.76, 0.80),
        (80, 0.89, 0.90),
        (90, 0.95, 0.95),
        (50, 0.82, 0.80),
        (80, 0.86, 0.90),
        (90, 0.93, 0.95),
    ]
    for at, (level, coverage, content) in enumerate(held):
        origin = "o1" if at < 3 else "o2"
        for metric, estimate in (("coverage", coverage), ("content", content)):
            row = [origin, "ensemble", "all", "all", f"value_{metric}_{level}", estimate, 100.0]
            value.loc[len(value)] = row
    for origin, flatness, chance in (("o1", 0.06, 0.02), ("o2", 0.04, 0.03)):
        for metric, estimate in (("", flatness), ("_by_chance", chance)):
            row = [origin, "ensemble", "all", "all", f"value_pit_flatness{metric}", estimate, 100.0]
            value.loc[len(value)] = row
    captures = _captures({("o1", "ensemble"): [10, 9], ("o1", "run_rate"): [8, 8]})
    return backtest_summary(orders, captures, ORIGINS, value).set_index("model_name")


def test_figures_of_one_model(summary):
    row = summary.loc["ensemble"]
    assert list(summary.columns) == list(SUMMARY_COLUMNS)
    assert list(summary.index) == ["ensemble", "run_rate"]
    assert row["origins"] == 3
    assert row["capture_gain"] == pytest.approx(19 / 16 - 1)
    assert row["bias"] == pytest.approx(300 / 320 - 1)
    assert row["bias_lowest"] == pytest.approx(100 / 120 - 1)
    assert row["bias_highest"] == pytest.approx(0.1)
    # 50 % high for 60 customers, 20 % low for 40; nobody bought in the third
    assert row["channel_bias"] == pytest.approx(0.6 * 0.5 + 0.4 * 0.2)
    assert row["rmse"] == pytest.approx(3.2 / 3)
    assert row["coverage_gap"] == pytest.approx(0.04)
    assert row["pit_flatness"] == pytest.approx(0.05)
    assert row["pit_flatness_by_chance"] == pytest.approx(0.08)
    assert row["orders_ratio"] == pytest.approx((100 / 110 * 100 / 90 * 120 / 100) ** (1 / 3))
    assert row["orders_band_reason"] is None
    assert row["orders_ratio_lower"] < row["orders_ratio"] < row["orders_ratio_upper"]
    assert row["orders_effective_origins"] == pytest.approx(3.0)


def test_value_of_two_origins_has_no_band(summary):
    row = summary.loc["ensemble"]
    assert row["value_bias"] == pytest.approx(2000 / 2200 - 1)
    assert row["value_gini"] == pytest.approx(0.6)
    assert row["value_band_reason"] == "too_few_origins"
    assert np.isnan(row["value_ratio_lower"])
    assert summary.loc["run_rate", "value_band_reason"] == "not_valued"


def test_intervals_of_value_are_summed_up_like_those_of_orders(summary):
    row = summary.loc["ensemble"]
    # at 80 %: (.89 + .86) / 2 where .90 is promised; at 50 and 90 % a hundredth off
    assert row["value_coverage_gap"] == pytest.approx(0.025)
    assert row["value_pit_flatness"] == pytest.approx(0.05)
    assert row["value_pit_flatness_by_chance"] == pytest.approx(0.025)
    assert np.isnan(summary.loc["run_rate", "value_coverage_gap"])


def test_missing_columns_and_origins_are_named(summary):
    captures = _captures({("o1", "ensemble"): [1]})
    orders = _metric_rows("ensemble", [1, 1, 1], [1, 1, 1])
    with pytest.raises(ValueError, match="'metric' is missing"):
        backtest_summary(orders.drop(columns="metric"), captures, ORIGINS)
    with pytest.raises(ValueError, match="no row for origin_id 'o3'"):
        backtest_summary(orders, captures, ORIGINS.iloc[:2])
    with pytest.raises(ValueError, match="'captured' is missing"):
        backtest_summary(orders, captures.drop(columns="captured"), ORIGINS)


def test_without_a_back_test_there_is_nothing_to_sum_up():
    keys = ["origin_id", "model_name", "scope", "scope_value", "metric"]
    nothing = pd.DataFrame({name: pd.Series([], dtype="str") for name in keys}).assign(
        estimate=pd.Series([], dtype=float), customers=pd.Series([], dtype=float)
    )
    captures = pd.DataFrame(
        {
            **{name: pd.Series([], dtype="str") for name in keys[:2]},
            **dict.fromkeys(("bucket", "top_customers", "captured"), pd.Series([], dtype=float)),
        }
    )
    origins = pd.DataFrame(
        {"origin_id": ["now"], "origin_date": ["2025-06-30"], "horizon_days": [365]}
    )
    summary = backtest_summary(nothing, captures, origins, nothing)
    assert list(summary.columns) == ["model_name", *SUMMARY_COLUMNS]
    assert not len(summary)
