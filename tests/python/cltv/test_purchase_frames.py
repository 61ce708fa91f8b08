"""Purchase models on tables: columns, status codes, scores."""

import numpy as np
import pandas as pd
import pytest

from cltv.fit_rows import COLUMNS
from cltv.purchase import BGNBD, fit_purchase_model, fit_purchase_models, score_purchase_cells

HORIZONS = {"3m": 91, "6m": 182, "12m": 365, "24m": 730, "36m": 1095}
BG = {"models": ("bg_nbd",), "by_group": False}
DIAGNOSTICS = {
    "log_likelihood",
    "customers",
    "repeaters",
    "repeat_purchases",
    "cells",
    "mean_age",
    "time_unit_days",
    "history_days",
    "silence_days",
    "condition_number",
    "on_boundary",
    "iterations",
}


@pytest.fixture(scope="module")
def cells(simulate, cells_of):
    """Two origins, one after the other."""
    return pd.concat(
        [cells_of(simulate(1, 2000), "2024-01-01"), cells_of(simulate(2, 1500), "2025-01-01")],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def fits(cells):
    return fit_purchase_models(cells, **BG)


def _value(fits, origin_id, name, model_name="bg_nbd"):
    row = fits[
        (fits["origin_id"] == origin_id)
        & (fits["model_name"] == model_name)
        & (fits["name"] == name)
    ]
    assert len(row) == 1
    return row.iloc[0]


# ---------- fits


def test_every_origin_has_one_status_its_parameters_and_its_diagnostics(fits):
    assert list(fits.columns) == list(COLUMNS)
    assert set(fits["value_basis"]) == {"purchases"}
    assert fits.groupby("origin_id").size().index.tolist() == ["2024-01-01", "2025-01-01"]
    for _, rows in fits[fits["model_name"] == "bg_nbd"].groupby("origin_id"):
        by_kind = rows.groupby("kind")["name"].apply(list)
        assert by_kind["status"] == ["fit_status"]
        assert by_kind["parameter"] == ["r", "alpha", "a", "b"]
        assert set(by_kind["diagnostic"]) == DIAGNOSTICS
    status = fits[fits["kind"] == "status"]
    assert status["model_name"].tolist() == ["bg_nbd", "ensemble"] * 2
    assert status["estimate"].tolist() == [1.0] * 4
    assert status["note"].tolist() == ["fitted"] * 4
    assert _value(fits, "2025-01-01", "members", "ensemble")["estimate"] == 1
    parameters = fits[fits["kind"] == "parameter"]
    assert (parameters["lower_95"] < parameters["estimate"]).all()
    assert (parameters["upper_95"] > parameters["estimate"]).all()
    assert (parameters["standard_error"] > 0).all()
    assert all(note is None for note in parameters["note"])


def test_parameters_are_those_of_the_fit_in_weeks(cells, fits):
    part = cells[cells["origin_id"] == "2025-01-01"]
    fit = fit_purchase_model(
        BGNBD(),
        part["frequency"],
        part["recency_days"] / 7,
        part["age_days"] / 7,
        part["customers"],
    )
    for name, value in fit.params.items():
        assert _value(fits, "2025-01-01", name)["estimate"] == pytest.approx(value, rel=1e-9)
    assert _value(fits, "2025-01-01", "customers")["estimate"] == 1500
    assert _value(fits, "2025-01-01", "mean_age")["estimate"] == pytest.approx(fit.mean_age)


def test_origins_do_not_see_each_other(cells, fits):
    alone = fit_purchase_models(cells[cells["origin_id"] == "2025-01-01"], **BG)
    together = fits[fits["origin_id"] == "2025-01-01"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, together, check_exact=True)


def test_row_order_and_split_cells_do_not_matter(cells, fits):
    shuffled = cells.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(fit_purchase_models(shuffled, **BG), fits, check_exact=True)
    halves = cells[cells["customers"] > 1].assign(customers=lambda rows: rows["customers"] - 1)
    split = pd.concat([cells.assign(customers=1), halves])
    # every cell appears as one customer and the rest
    pd.testing.assert_frame_equal(fit_purchase_models(split, **BG), fits, check_exact=True)


def test_the_time_unit_only_changes_alpha(cells, fits):
    days = fit_purchase_models(cells, time_unit_days=1.0, **BG)
    for name, factor in {"r": 1, "alpha": 7, "a": 1, "b": 1}.items():
        weeks = _value(fits, "2024-01-01", name)
        value = _value(days, "2024-01-01", name)
        assert value["estimate"] == pytest.approx(weeks["estimate"] * factor, rel=1e-6)
        assert value["upper_95"] == pytest.approx(weeks["upper_95"] * factor, rel=1e-5)
    for frame in (score_purchase_cells(cells, fits, HORIZONS),):
        other = score_purchase_cells(cells, days, HORIZONS)
        pd.testing.assert_frame_equal(frame, other, rtol=1e-6)


def _refused(fits, origin_id, reason):
    rows = fits[fits["origin_id"] == origin_id]
    status = rows[rows["kind"] == "status"]
    assert set(status["model_name"]) == {"bg_nbd", "ensemble"}
    assert set(status["note"]) == {reason}
    assert set(status["estimate"]) == {0.0}
    assert "parameter" not in set(rows["kind"])
    assert _value(fits, origin_id, "members", "ensemble")["estimate"] == 0
    assert {"customers", "repeaters", "cells"} <= set(rows["name"])


def test_refusals_have_a_reason_and_no_parameters(simulate, cells_of):
    few = cells_of(simulate(1, 49), "few")
    fresh = pd.DataFrame(
        {"origin_id": "fresh", "frequency": [0], "recency_days": [0], "age_days": [0]}
    ).assign(customers=500)
    silent = fresh.assign(origin_id="silent", age_days=90)
    nine = pd.DataFrame(
        {"origin_id": "nine", "frequency": [0, 1], "recency_days": [0, 9], "age_days": [90, 90]}
    ).assign(customers=[500, 9])
    young = cells_of(simulate(1, 500, days=(20, 89)), "young")
    # everybody's last purchase moves half a year into the past
    asleep = cells_of(simulate(1, 500), "asleep")
    asleep["age_days"] += 181
    parts = [few, fresh, silent, nine, young, asleep, cells_of(simulate(1, 900), "good")]
    cells = pd.concat(parts)
    fits = fit_purchase_models(cells, origins=["nobody", "good"], **BG)
    _refused(fits, "few", "too_few_customers")
    _refused(fits, "fresh", "no_time_observed")
    _refused(fits, "silent", "too_few_repeaters")
    _refused(fits, "nine", "too_few_repeaters")
    _refused(fits, "young", "history_too_short")
    _refused(fits, "asleep", "no_recent_order")
    _refused(fits, "nobody", "no_customers")
    assert _value(fits, "good", "fit_status")["note"] == "fitted"
    assert _value(fits, "nine", "repeaters")["estimate"] == 9
    assert _value(fits, "young", "history_days")["estimate"] == 88
    assert _value(fits, "asleep", "silence_days")["estimate"] > 180
    assert set(score_purchase_cells(cells, fits, HORIZONS)["origin_id"]) == {"good"}


def test_not_converging_is_a_refusal(cells, monkeypatch):
    monkeypatch.setattr("cltv.maximum_likelihood.CONVERGED", -1.0)
    fits = fit_purchase_models(cells, **BG)
    _refused(fits, "2024-01-01", "not_converged")


def test_minimums_can_be_set(simulate, cells_of):
    cells = cells_of(simulate(1, 40), "few")
    fits = fit_purchase_models(cells, minimum_customers=20, minimum_repeaters=5, **BG)
    assert _value(fits, "few", "fit_status")["note"] == "fitted"
    silent = cells.assign(frequency=0, recency_days=0)
    fits = fit_purchase_models(silent, minimum_customers=1, minimum_repeaters=0, **BG)
    _refused(fits, "few", "too_few_repeaters")


def _who_never_leave(customers=1500):
    """Draw buyers at gamma-distributed rates who all stay for good."""
    rng = np.random.default_rng(4)
    age = rng.integers(30, 300, customers)
    bought = rng.poisson(rng.gamma(2.0, 1 / 60, customers) * age)
    days = [
        np.unique(rng.integers(1, end + 1, count)) for end, count in zip(age, bought, strict=True)
    ]
    return pd.DataFrame(
        {
            "origin_id": "o",
            "frequency": [len(own) for own in days],
            "recency_days": [own.max(initial=0) for own in days],
            "age_days": age,
            "customers": 1,
        }
    )


@pytest.mark.parametrize("method", ["map", "mle"])
def test_dropout_that_nobody_can_see_is_a_refusal_with_parameters(method):
    fits = fit_purchase_models(_who_never_leave(), method=method, **BG)
    assert _value(fits, "o", "fit_status")["estimate"] == 0.0
    assert _value(fits, "o", "fit_status")["note"] == "dropout_not_identified"
    assert _value(fits, "o", "fit_status", "ensemble")["note"] == "dropout_not_identified"
    assert _value(fits, "o", "on_boundary")["estimate"] == 1.0
    assert np.isfinite(_value(fits, "o", "r")["estimate"])
    assert score_purchase_cells(_who_never_leave(), fits, HORIZONS).empty


def test_equal_dropout_is_a_boundary_and_no_refusal(simulate, cells_of):
    # everybody leaves with the same probability of 1/5: a and b grow without bound, a / b does not
    cells = cells_of(simulate(3, 2500, a=2e5, b=8e5), "o")
    fits = fit_purchase_models(cells, method="mle", **BG)
    assert _value(fits, "o", "on_boundary")["estimate"] == 1.0
    assert _value(fits, "o", "fit_status")["note"] == "fitted"
    leaving = _value(fits, "o", "a")["estimate"]
    leaving /= leaving + _value(fits, "o", "b")["estimate"]
    assert leaving == pytest.approx(0.2, abs=0.03)


def test_no_cells_give_an_empty_typed_table(cells):
    empty = fit_purchase_models(cells.head(0), **BG)
    assert empty.empty
    assert list(empty.columns) == list(COLUMNS)
    assert empty["estimate"].dtype == np.float64
    scores = score_purchase_cells(cells.head(0), empty, HORIZONS)
    assert scores.empty
    assert scores["frequency"].dtype == np.int64
    nothing = score_purchase_cells(cells, empty, HORIZONS)
    assert nothing.empty
    untyped = pd.DataFrame({name: [] for name in cells.columns})
    assert fit_purchase_models(untyped, **BG).empty


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("recency_days", 5000, r"column 'recency_days', row 7: 5000 exceeds age_days"),
        ("frequency", -1, r"column 'frequency', row 7: -1 is negative"),
        ("age_days", np.nan, r"column 'age_days', row 7: nan is not a finite number"),
        ("age_days", 720.5, r"column 'age_days', row 7: 720.5 is not a whole number"),
        ("customers", 0, r"column 'customers', row 7: 0 is not above 0"),
        ("customers", 1.5, r"column 'customers', row 7: 1.5 is not a whole number"),
        ("origin_id", None, r"column 'origin_id', row 7: is missing"),
        ("frequency", "x", r"column 'frequency', row 7: 'x' is not a number"),
    ],
)
def test_bad_rows_are_named(cells, column, value, message):
    bad = cells.astype({column: object})
    bad.loc[7, column] = value
    with pytest.raises(ValueError, match=message):
        fit_purchase_models(bad, **BG)


def test_missing_columns_and_unknown_options_are_named(cells, fits):
    with pytest.raises(ValueError, match="cells: column 'customers' is missing"):
        fit_purchase_models(cells.drop(columns="customers"), **BG)
    with pytest.raises(ValueError, match="unknown purchase model 'bgnbd'; known: bg_nbd"):
        fit_purchase_models(cells, models=("bgnbd",))
    with pytest.raises(ValueError, match="method must be"):
        fit_purchase_models(cells, method="mcmc", **BG)
    with pytest.raises(ValueError, match="errors must be one of auto, sandwich, bootstrap"):
        fit_purchase_models(cells, errors="exact", **BG)
    with pytest.raises(ValueError, match="cells: column 'covariate_pattern' is missing"):
        fit_purchase_models(cells, models="bg_nbd")
    with pytest.raises(ValueError, match="cells: column 'log_gap_sum' is missing, which mbg_cnbd"):
        fit_purchase_models(cells, by_group=False)
    with pytest.raises(ValueError, match="time_unit_days must be above 0"):
        fit_purchase_models(cells, time_unit_days=0, **BG)
    with pytest.raises(ValueError, match="horizon '3m': days must be above 0"):
        score_purchase_cells(cells, fits, {"3m": 0}, discounted_horizon=None)
    with pytest.raises(ValueError, match="discounted_horizon '36m' is none of 3m"):
        score_purchase_cells(cells, fits, {"3m": 91})
    with pytest.raises(ValueError, match="annual_discount_rate must be at least 0"):
        score_purchase_cells(cells, fits, HORIZONS, annual_discount_rate=-0.1)
    with pytest.raises(ValueError, match="fits: column 'estimate' is missing"):
        score_purchase_cells(cells, fits.drop(columns="estimate"), HORIZONS)
    with pytest.raises(ValueError, match="bg_nbd needs the parameters"):
        score_purchase_cells(cells, fits[fits["name"] != "alpha"], HORIZONS)


# ---------- scores


def test_scores_are_the_predictions_of_the_fit(cells, fits):
    scores = score_purchase_cells(cells, fits, HORIZONS)
    columns = ["origin_id", "model_name", "covariate_pattern"]
    columns += ["frequency", "recency_days", "age_days", "probability_alive"]
    for label in HORIZONS:
        columns += [f"expected_orders_{label}", f"probability_active_{label}"]
    columns += ["discounted_orders_36m", "discounted_orders_lifetime"]
    assert list(scores.columns) == columns
    assert len(scores) == 2 * len(cells)
    assert set(scores["covariate_pattern"]) == {"all"}
    model = BGNBD()
    for (origin_id, _), rows in scores.groupby(["origin_id", "model_name"]):
        params = {name: _value(fits, origin_id, name)["estimate"] for name in model.parameter_names}
        history = (rows["frequency"], rows["recency_days"] / 7, rows["age_days"] / 7)
        assert rows["probability_alive"].to_numpy() == pytest.approx(
            model.probability_alive(params, *history)
        )
        for label, days in HORIZONS.items():
            expected = model.expected_purchases(params, *history, days / 7)
            active = model.probability_active(params, *history, days / 7)
            assert rows[f"expected_orders_{label}"].to_numpy() == pytest.approx(expected)
            assert rows[f"probability_active_{label}"].to_numpy() == pytest.approx(active)


def test_money_a_year_from_now_is_worth_the_yearly_rate_less(cells, fits):
    few = cells.head(40)
    # purchases of one short stretch ahead, seen from a year before it
    plain = score_purchase_cells(few, fits, {"12m": 365, "36m": 380}, 0.25)
    free = score_purchase_cells(few, fits, {"12m": 365, "36m": 380}, 0.0)
    earlier = score_purchase_cells(few, fits, {"36m": 365}, 0.25)
    late = plain["expected_orders_36m"] - plain["expected_orders_12m"]
    worth = plain["discounted_orders_36m"] - earlier["discounted_orders_36m"]
    share = (worth / late).to_numpy()
    assert ((share < 1.25**-1) & (share > 1.25 ** -(380 / 365))).all()
    assert free["discounted_orders_36m"].to_numpy() == pytest.approx(
        free["expected_orders_36m"].to_numpy(), rel=1e-6
    )
    assert free["discounted_orders_lifetime"].isna().all()
    assert (plain["discounted_orders_lifetime"] > plain["discounted_orders_36m"]).all()


def test_scores_are_sorted_unique_and_within_bounds(cells, fits):
    again = pd.concat([cells, cells]).sample(frac=1, random_state=2)
    scores = score_purchase_cells(again, fits, HORIZONS)
    keys = ["origin_id", "model_name", "covariate_pattern"]
    keys += ["frequency", "recency_days", "age_days"]
    pd.testing.assert_frame_equal(scores[keys], scores[keys].drop_duplicates().sort_values(keys))
    pd.testing.assert_frame_equal(scores, score_purchase_cells(cells, fits, HORIZONS))
    assert scores["probability_alive"].between(0, 1).all()
    for label in HORIZONS:
        assert (scores[f"probability_active_{label}"] <= scores["probability_alive"]).all()
        assert (scores[f"expected_orders_{label}"] >= 0).all()
    assert not scores.isna().any().any()


def test_scores_do_not_need_the_number_of_customers(cells, fits):
    scores = score_purchase_cells(cells.drop(columns="customers"), fits, HORIZONS)
    assert len(scores) == 2 * len(cells)


def test_the_ensembles_probability_of_a_purchase_is_that_of_pareto_nbd(simulate, cells_of):
    cells = cells_of(simulate(5, 600))
    three = ("bg_nbd", "mbg_nbd", "pareto_nbd")
    fits = fit_purchase_models(cells, models=three, by_group=False)
    scores = score_purchase_cells(cells, fits, {"36m": 1095, "12m": 365})
    wide = scores.set_index(["frequency", "recency_days", "age_days", "model_name"]).unstack()
    shown = wide["probability_active_12m"]["ensemble"]
    most = np.minimum(
        wide["expected_orders_12m"]["ensemble"], wide["probability_alive"]["ensemble"]
    )
    assert (shown <= most + 1e-12).all()
    close = np.isclose(shown, wide["probability_active_12m"]["pareto_nbd"])
    at_most = np.isclose(shown, most)
    assert (close | at_most).all()
    assert close.mean() > 0.5


def test_only_the_origins_asked_for_are_discounted(simulate, cells_of):
    both = [cells_of(simulate(5, 600), origin_id=name) for name in ("now", "then")]
    cells = pd.concat(both, ignore_index=True)
    fits = fit_purchase_models(cells, models=("bg_nbd",), by_group=False)
    scores = score_purchase_cells(cells, fits, {"36m": 1095}, discounted_origins=("now",))
    known = scores.groupby("origin_id")[["discounted_orders_36m", "discounted_orders_lifetime"]]
    counts = known.count()
    assert (counts.loc["now"] > 0).all()
    assert (counts.loc["then"] == 0).all()
