"""Drift, tracking and the challenger: hand calculations, published figures, who teaches whom."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cltv.evaluation import (
    cell_drift,
    drift_figures,
    evaluate_orders,
    forecast_error,
    population_stability_index,
    tracking,
)
from cltv.evaluation.challenger import MODEL_NAME, predict_boosted, with_challenger
from cltv.fit_rows import COLUMNS
from cltv.purchase import BGNBD, fit_purchase_models
from cltv.purchase.family import members, read_fits
from cltv.purchase.frames import cell_table

ROOT = Path(__file__).resolve().parents[3]

# ---------- input drift


def test_stability_index_by_hand():
    found = population_stability_index([50, 50], [25, 75])
    assert found == pytest.approx(-0.25 * np.log(0.5) + 0.25 * np.log(1.5))
    assert population_stability_index([25, 75], [50, 50]) == pytest.approx(found)
    assert population_stability_index([5, 95], [50, 950]) == pytest.approx(0.0)
    # an empty bin counts as one in ten thousand
    empty = population_stability_index([100, 0], [99, 1])
    assert empty == pytest.approx((0.01 - 1e-4) * np.log(100) + (0.99 - 1) * np.log(0.99))
    assert np.isnan(population_stability_index([0, 0], [1, 2]))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [([1], [1, 2], "1 bins"), ([1, -1], [1, 1], "before"), ([1, 1], [1, np.nan], "after")],
)
def test_impossible_bins_are_refused(before, after, message):
    with pytest.raises(ValueError, match=message):
        population_stability_index(before, after)


def _cells(rng, rows=3000, rate=1.0, age=400):
    age = rng.integers(30, age, rows)
    frequency = rng.poisson(rate, rows)
    recency = np.where(frequency > 0, np.maximum(1, (age * rng.random(rows)).astype(int)), 0)
    return pd.DataFrame(
        {"frequency": frequency, "recency_days": recency, "age_days": age, "customers": 1}
    )


def test_drift_is_seen_where_it_is():
    rng = np.random.default_rng(0)
    before = _cells(rng)
    same = cell_drift(before, _cells(rng))
    assert set(same) == {"frequency", "silence", "age"}
    assert max(same.values()) < 0.02
    busier = cell_drift(before, _cells(rng, rate=2.0))
    assert busier["frequency"] > 0.25
    assert busier["age"] < 0.02
    assert cell_drift(before, _cells(rng, age=900))["age"] > 0.25
    assert all(np.isnan(value) for value in cell_drift(before, before.iloc[:0]).values())


def test_a_cell_of_many_counts_as_many():
    rng = np.random.default_rng(1)
    before, after = _cells(rng, 200), _cells(rng, 200)
    after["customers"] = rng.integers(1, 4, 200)
    rows = after.loc[after.index.repeat(after["customers"])].assign(customers=1)
    assert cell_drift(before, after) == pytest.approx(cell_drift(before, rows))


# ---------- parameter drift

DAYS = 900


def _business(seed, customers, buying=1.0, since=30):
    """First purchases, and customer and day of the later ones, by numpy alone.

    In the last days everybody buys `buying` times as often as before.
    """
    rng = np.random.default_rng(seed)
    first = rng.integers(0, DAYS, customers)
    rate = rng.gamma(0.8, 0.0095, customers)
    gone = first + rng.exponential(size=customers) / rng.gamma(0.4, 1 / 112, customers)
    who = np.repeat(np.arange(customers), rng.poisson(rate * (DAYS - first) * max(buying, 1.0)))
    moment = first[who] + rng.random(len(who)) * (DAYS - first[who])
    # of all the moments some are taken out: all but 1 / buying of the calm, or of the last days
    share = np.where(moment > DAYS - since, buying, 1.0) / max(buying, 1.0)
    day = np.ceil(moment).astype(int)
    kept = (rng.random(len(who)) < share) & (moment < gone[who]) & (day > first[who])
    return first, *np.unique(np.stack([who[kept], day[kept]]), axis=1)


def _as_of(business, today, origin_id):
    first, who, day = business
    known = day <= today
    last = first.copy()
    np.maximum.at(last, who[known], day[known])
    return pd.DataFrame(
        {
            "origin_id": origin_id,
            "frequency": np.bincount(who[known], minlength=len(first)),
            "recency_days": last - first,
            "age_days": today - first,
            "customers": 1,
        }
    )[first <= today]


def _drift(*business, models=("bg_nbd", "mbg_nbd", "pareto_nbd"), **change):
    known = _business(*business, **change)
    cells = pd.concat([_as_of(known, DAYS - 30, "month_before"), _as_of(known, DAYS, "now")])
    fits = fit_purchase_models(cells, models=models, by_group=False, errors="sandwich")
    found = drift_figures(cells, fits, before="month_before", after="now")
    return cells, fits, found[found["drift_kind"] == "parameter"].set_index("figure_name")


def _limits():
    rules = pd.read_csv(ROOT / "seeds" / "reference" / "drift_rules.csv", index_col="drift_kind")
    return rules.loc["parameter", ["hold_below", "refit_from"]]


@pytest.mark.parametrize("seed", range(4))
def test_without_a_change_the_parameters_hold(seed):
    *_, found = _drift(seed, 3000)
    assert set(found.index) == {"ensemble", "bg_nbd", "mbg_nbd", "pareto_nbd"}
    assert found["distance"].max() < _limits()["hold_below"]


@pytest.mark.parametrize("since", [30, 60])
def test_purchases_that_fall_by_half_a_month_or_two_ago_are_seen(since):
    for seed in range(2):
        *_, found = _drift(seed, 3000, buying=0.5, since=since)
        assert (found["value_now"] < found["value_before"]).all()
        assert found["distance"].max() >= _limits()["refit_from"]
        assert found.loc["ensemble", "distance"] >= _limits()["hold_below"]


def test_a_forecast_moves_by_chance_as_far_as_is_said():
    """Over many businesses without a change: the spread of what is found is the error foreseen."""
    moved, foreseen = [], []
    for seed in range(40):
        cells, fits, found = _drift(seed, 800, models="mbg_nbd")
        moved.append(np.log(found["value_now"] / found["value_before"])["ensemble"])
        table = cell_table(cells, with_customers=True, with_patterns=False)
        earlier, today = (table.cells(rows) for _, rows in table.origins())
        models = members("ensemble", read_fits(fits)["month_before"])
        foreseen.append(forecast_error(models, earlier, today))
    # the standard deviation of forty is known to a ninth
    assert np.std(moved) == pytest.approx(np.mean(foreseen), rel=0.3)
    assert np.mean(np.abs(moved) > 2 * np.array(foreseen)) < 0.15


def _shown(fits, cells):
    found = drift_figures(cells, fits, before="then", after="now")
    return found[found["drift_kind"] == "parameter"].set_index("figure_name")


def test_both_fits_speak_of_the_customers_of_today():
    cells = pd.DataFrame(
        {
            "origin_id": ["then", "now", "now"],
            "frequency": [0, 1, 2],
            "recency_days": [0, 20, 70],
            "age_days": [40, 70, 140],
            "customers": [5, 3, 2],
        }
    )
    other = PUBLISHED | {"alpha": 8.0}
    fits = pd.concat([_fits(PUBLISHED, origin_id="then"), _fits(other, origin_id="now")])
    found = _shown(fits, cells)
    assert found.index.tolist() == ["ensemble", "bg_nbd"]
    for column, params in (("value_before", PUBLISHED), ("value_now", other)):
        by_hand = 3 * BGNBD().expected_purchases(params, [1], [20 / 7], [10], 365 / 7)
        by_hand += 2 * BGNBD().expected_purchases(params, [2], [10], [20], 365 / 7)
        assert found[column].tolist() == pytest.approx([by_hand.item()] * 2)
    # 5 customers of 40 days, in whom hardly any chance is left out
    assert (found["distance"] == 0).all()


def test_by_group_each_group_is_foreseen_by_its_own_parameters():
    patterns = ["fair|all", "mail|all"]
    cells = pd.DataFrame(
        {
            "origin_id": np.repeat(["then", "now"], 2),
            "covariate_pattern": patterns * 2,
            "acquisition_channel": ["fair", "mail"] * 2,
            "customer_type": "all",
            "frequency": 1,
            "recency_days": 20,
            "age_days": 70,
            "customers": [1, 2, 3, 4],
        }
    )
    grouped = _fits(PUBLISHED).assign(model_name="bg_nbd_by_group")
    effect = grouped.iloc[[-1]].assign(
        kind="effect", name="alpha[acquisition_channel=mail]", estimate=np.log(2.0)
    )
    one = pd.concat([_fits(PUBLISHED), grouped, effect])
    fits = pd.concat([one.assign(origin_id="then"), one.assign(origin_id="now")])
    found = _shown(fits, cells)
    mailed = PUBLISHED | {"alpha": 2 * PUBLISHED["alpha"]}
    fair, mail = (
        BGNBD().expected_purchases(params, [1], [20 / 7], [10], 365 / 7).item()
        for params in (PUBLISHED, mailed)
    )
    assert found["value_now"].to_dict() == pytest.approx(
        {"ensemble": 7 * fair, "bg_nbd": 7 * fair, "ensemble_by_group": 3 * fair + 4 * mail}
    )
    assert found["distance"].to_dict() == dict.fromkeys(found.index, 0.0)


def test_what_cannot_be_compared_is_missing_and_named():
    cells = _cells(np.random.default_rng(3), 300).assign(origin_id="now")
    found = drift_figures(cells, _fits(PUBLISHED, origin_id="now"), before="then", after="now")
    assert found["figure_name"].tolist() == ["frequency", "silence", "age", "ensemble"]
    assert found["value_before"].isna().all()
    assert found["value_now"].notna().all()
    assert found["distance"].isna().all()
    both = pd.concat([cells, cells.assign(origin_id="then")])
    found = drift_figures(both, _fits(PUBLISHED, origin_id="then"), before="then", after="now")
    assert found["value_now"].isna().tolist() == [False, False, False, True, True]
    assert found["distance"].isna().tolist() == [False, False, False, True, True]


# ---------- tracking


def _fits(params, unit=7.0, origin_id="o"):
    rows = [
        (origin_id, "bg_nbd", "purchases", "fit_status", "status", 1.0, *[np.nan] * 3, "fitted")
    ]
    for kind, values in (("parameter", params), ("diagnostic", {"time_unit_days": unit})):
        rows += [
            (origin_id, "bg_nbd", "purchases", name, kind, value, *[np.nan] * 3, None)
            for name, value in values.items()
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


PUBLISHED = {"r": 0.242595, "alpha": 4.413602, "a": 0.792922, "b": 2.425907}


def test_tracking_ends_at_the_published_cumulative_error(cdnow_sample):
    cells = pd.DataFrame({"origin_id": "o", "age_days": cdnow_sample.age, "customers": 1})
    origins = pd.DataFrame({"origin_id": ["o"], "horizon_days": [39 * 7]})
    found = tracking(cells, _fits(PUBLISHED), origins, step_days=7)
    found = found[found["model_name"] == "bg_nbd"]
    # BG/NBD is 4.11 % below the 4,339 repeat purchases by week 78
    assert found["cumulative_expected_orders"].iloc[-1] / 4339 - 1 == pytest.approx(
        -0.0411, abs=5e-4
    )
    assert found["expected_orders"].sum() == pytest.approx(
        found["cumulative_expected_orders"].iloc[-1]
    )
    assert found["customers"].iloc[-1] == 2357


def test_tracking_is_a_sum_over_customers():
    cells = pd.DataFrame(
        {"origin_id": "o", "age_days": [0, 30, 100], "customers": [4, 2, 1], "frequency": 0}
    )
    origins = pd.DataFrame({"origin_id": ["o", "p"], "horizon_days": [60, 60]})
    found = tracking(cells, _fits(PUBLISHED), origins)
    assert set(found["model_name"]) == {"bg_nbd", "ensemble"}
    one = found[found["model_name"] == "ensemble"].reset_index(drop=True)
    assert one["start_day"].tolist() == [-112, -84, -56, -28, 0, 28, 56]
    assert one["end_day"].tolist() == [-84, -56, -28, 0, 28, 56, 60]
    assert one["period_index"].tolist() == [-4, -3, -2, -1, 0, 1, 2]
    # those aged 30 have come by day -28, those aged 0 come on the origin's own day
    assert one["customers"].tolist() == [1, 1, 3, 7, 7, 7, 7]
    grown = {
        day: sum(
            n * BGNBD().expected_purchases_new_customer(PUBLISHED, max(age + day, 0) / 7)
            for n, age in ((4, 0), (2, 30), (1, 100))
        )
        for day in (-112, -84, -28, 0, 28, 56, 60)
    }
    assert one["expected_orders"][0] == pytest.approx(grown[-84] - grown[-112])
    assert one["expected_orders"][3] == pytest.approx(grown[0] - grown[-28])
    assert one["expected_orders"][6] == pytest.approx(grown[60] - grown[56])
    assert one["cumulative_expected_orders"][6] == pytest.approx(grown[60])


def test_tracking_refuses_what_it_cannot_use():
    cells = pd.DataFrame({"origin_id": ["o"], "age_days": [-1], "customers": [1]})
    origins = pd.DataFrame({"origin_id": ["o"], "horizon_days": [60]})
    with pytest.raises(ValueError, match="'age_days', row 0"):
        tracking(cells, _fits(PUBLISHED), origins)
    with pytest.raises(ValueError, match="step_days"):
        tracking(cells, _fits(PUBLISHED), origins, step_days=0)
    none = tracking(cells.assign(age_days=5), _fits(PUBLISHED, origin_id="x"), origins)
    assert len(none) == 0
    assert "expected_orders" in none.columns


# ---------- the challenger

CHALLENGER_ORIGINS = pd.DataFrame(
    {
        "origin_id": ["o1", "o2", "o3"],
        "origin_date": pd.to_datetime(["2024-01-01", "2024-02-15", "2024-04-01"]),
        "horizon_label": "3m",
        "horizon_days": 91,
    }
)


def _challenge(rows=1500):
    """Customers of one channel buy twice as much as the ensemble says, others half as much."""
    rng = np.random.default_rng(8)
    parts = []
    for origin_id in CHALLENGER_ORIGINS["origin_id"]:
        age = rng.integers(20, 700, rows)
        frequency = rng.poisson(1.5, rows)
        recency = np.where(frequency > 0, np.maximum(frequency, age // 2), 0)
        age = np.maximum(age, recency)
        channel = rng.choice(["good", "poor"], rows)
        mean = (0.2 + 0.3 * frequency) * np.where(channel == "good", 2.0, 0.5)
        parts.append(
            pd.DataFrame(
                {
                    "origin_id": origin_id,
                    "acquisition_channel": channel,
                    "customer_type": "person",
                    "covariate_pattern": [f"{name}|person" for name in channel],
                    "frequency": frequency,
                    "recency_days": recency,
                    "age_days": age,
                    "orders_last_year": 1,
                    "holdout_orders": rng.poisson(mean),
                    "customers": 1,
                }
            )
        )
    cells = pd.concat(parts, ignore_index=True)
    keys = ["origin_id", "frequency", "recency_days", "age_days"]
    scores = cells[keys].drop_duplicates().assign(model_name="ensemble", covariate_pattern="all")
    scores["expected_orders_3m"] = 0.2 + 0.3 * scores["frequency"]
    scores["probability_active_3m"] = 1 - np.exp(-scores["expected_orders_3m"])
    return cells, scores


def test_without_scikit_learn_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(ImportError, match=r"^the boosted challenger needs scikit-learn: pip"):
        predict_boosted(*_challenge(10), CHALLENGER_ORIGINS)


needs_boosting = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="scikit-learn, an optional extra, is absent"
)


@pytest.fixture(scope="module")
def boosted():
    cells, scores = _challenge()
    return cells, scores, predict_boosted(cells, scores, CHALLENGER_ORIGINS)


@needs_boosting
def test_only_holdouts_that_have_ended_teach(boosted):
    cells, scores, found = boosted
    # the holdout of o1 ends on 2024-04-01: after o2, on the day of o3
    assert set(found["origin_id"]) == {"o3"}
    assert set(found["model_name"]) == {MODEL_NAME}
    # what came after the origin and what its own holdout brings changes nothing
    late = cells["origin_id"] != "o1"
    changed = cells.assign(holdout_orders=np.where(late, 7, cells["holdout_orders"]))
    pd.testing.assert_frame_equal(found, predict_boosted(changed, scores, CHALLENGER_ORIGINS))


@needs_boosting
def test_it_learns_where_the_ensemble_errs(boosted):
    cells, scores, found = boosted
    both = pd.concat([scores, found], ignore_index=True)
    last = cells[cells["origin_id"] == "o3"]
    fits = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    graded = evaluate_orders(last, both, fits, CHALLENGER_ORIGINS)
    graded = graded[graded["scope"].isin(["all", "acquisition_channel"])]
    wide = graded.set_index(["model_name", "scope_value", "metric"])["estimate"]
    for channel, bias in (("good", -0.5), ("poor", 1.0)):
        assert wide["ensemble", channel, "bias"] == pytest.approx(bias, abs=0.15)
        assert wide[MODEL_NAME, channel, "bias"] == pytest.approx(0.0, abs=0.15)
    for metric in ("poisson_deviance", "rmse", "brier"):
        assert wide[MODEL_NAME, "all", metric] < wide["ensemble", "all", metric]
    assert found["probability_active_3m"].between(0, 1).all()


@needs_boosting
def test_without_teachers_there_are_no_predictions():
    cells, scores = _challenge(20)
    none = predict_boosted(cells, scores, CHALLENGER_ORIGINS)
    assert len(none) == 0
    assert "orders_last_year" in none.columns
    with pytest.raises(ValueError, match="ensemble has no expected_orders for the cell in row"):
        predict_boosted(cells, scores.iloc[1:], CHALLENGER_ORIGINS)


def test_no_challenger_leaves_the_scores_as_they_are():
    scores = pd.DataFrame({"origin_id": ["now"]})
    assert with_challenger(scores, None, None) is scores


def test_an_unknown_challenger_is_refused():
    with pytest.raises(ValueError, match="challenger must be 'none' or 'boosted', got 'forest'"):
        with_challenger(None, None, None, "forest")


def test_without_any_fit_there_is_nothing_to_compare():
    """A business without customers: the tables are there and empty."""
    cells = pd.DataFrame(
        {
            "origin_id": pd.Series(dtype=object),
            "frequency": pd.Series(dtype="int64"),
            "recency_days": pd.Series(dtype="int64"),
            "age_days": pd.Series(dtype="int64"),
            "customers": pd.Series(dtype="int64"),
        }
    )
    fits = pd.DataFrame(columns=list(COLUMNS), dtype=object)
    assert drift_figures(cells, fits, before="month_before", after="now").empty
