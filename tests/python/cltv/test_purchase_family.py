"""The family side by side: who is a member, and what the ensemble makes of the members."""

import numpy as np
import pandas as pd
import pytest

from cltv.purchase import (
    MODELS,
    fit_purchase_models,
    predictive_distribution,
    score_purchase_cells,
)

HORIZONS = {"12m": 365, "36m": 1095}
SINGLE = [name for name in MODELS if name != "mbg_cnbd_k"]


def _buyers(k, customers=1500, seed=1):
    """Draw customers whose every k-th event is a purchase, who may leave after each; in days."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.8, 1 / 40.0, customers) * k
    loss = rng.beta(0.8, 3.0, customers)
    rows = []
    for own, leaving, age in zip(rate, loss, rng.integers(100, 700, customers), strict=True):
        clock, days = 0.0, [0]
        while rng.random() > leaving:
            clock += rng.gamma(k) / own
            if clock >= age:
                break
            days.append(int(np.ceil(clock)))
        gaps = np.diff(np.unique(days))
        rows.append((len(gaps), gaps.sum(), age, np.log(gaps).sum()))
    names = ["frequency", "recency_days", "age_days", "log_gap_sum"]
    return pd.DataFrame(rows, columns=names).assign(origin_id="o", customers=1)


@pytest.fixture(scope="module")
def random_buyers():
    return _buyers(1)


@pytest.fixture(scope="module")
def regular_buyers():
    return _buyers(3)


@pytest.fixture(scope="module")
def random_fits(random_buyers):
    return fit_purchase_models(random_buyers, by_group=False)


@pytest.fixture(scope="module")
def regular_fits(regular_buyers):
    return fit_purchase_models(regular_buyers, by_group=False)


def _figure(fits, model_name, name, figure="estimate"):
    rows = fits[(fits["model_name"] == model_name) & (fits["name"] == name)]
    assert len(rows) == 1
    return rows[figure].iloc[0]


def test_random_buyers_have_three_members(random_fits):
    assert _figure(random_fits, "mbg_cnbd_k", "k") == 1
    assert _figure(random_fits, "mbg_cnbd_k", "fit_status", "note") == "same_as_mbg_nbd"
    assert _figure(random_fits, "mbg_cnbd_k", "fit_status") == 1
    assert _figure(random_fits, "ensemble", "members") == 3
    for name in ("r", "alpha", "a", "b"):
        assert _figure(random_fits, "mbg_cnbd_k", name) == pytest.approx(
            _figure(random_fits, "mbg_nbd", name), rel=1e-5
        )


def test_regular_buyers_have_four_members(regular_fits):
    assert _figure(regular_fits, "mbg_cnbd_k", "k") == 3
    assert _figure(regular_fits, "mbg_cnbd_k", "fit_status", "note") == "fitted"
    assert _figure(regular_fits, "ensemble", "members") == 4


@pytest.mark.parametrize("kind", ["random", "regular"])
def test_the_ensemble_is_the_mean_of_its_members(kind, request):
    cells = request.getfixturevalue(f"{kind}_buyers")
    fits = request.getfixturevalue(f"{kind}_fits")
    scores = score_purchase_cells(cells, fits, HORIZONS)
    keys = ["frequency", "recency_days", "age_days"]
    by_model = {
        name: rows.set_index(keys).select_dtypes("float64")
        for name, rows in scores.groupby("model_name")
    }
    assert set(by_model) == {*MODELS, "ensemble"}
    members = SINGLE if kind == "random" else list(MODELS)
    mean = sum(by_model[name] for name in members) / len(members)
    # but for the chance of a purchase, which is Pareto/NBD's as far as the mean allows
    for label in HORIZONS:
        most = mean[[f"expected_orders_{label}", "probability_alive"]].min(axis=1)
        active = f"probability_active_{label}"
        mean[active] = by_model["pareto_nbd"][active].clip(upper=most)
    pd.testing.assert_frame_equal(by_model["ensemble"], mean, rtol=1e-12)
    if kind == "random":
        pd.testing.assert_frame_equal(
            by_model["mbg_cnbd_k"], by_model["mbg_nbd"], rtol=1e-3, atol=1e-5
        )


def test_a_single_model_can_be_asked_for(random_buyers):
    alone = fit_purchase_models(random_buyers, models="mbg_cnbd_k", by_group=False)
    # with no MBG/NBD beside it nothing counts twice
    assert _figure(alone, "ensemble", "members") == 1
    scores = score_purchase_cells(random_buyers, alone, HORIZONS)
    assert set(scores["model_name"]) == {"mbg_cnbd_k", "ensemble"}


@pytest.mark.parametrize("unit", [1.0, 365.25])
def test_no_model_knows_the_time_unit(regular_buyers, regular_fits, unit):
    other = fit_purchase_models(regular_buyers, by_group=False, time_unit_days=unit)
    pd.testing.assert_frame_equal(
        score_purchase_cells(regular_buyers, other, HORIZONS),
        score_purchase_cells(regular_buyers, regular_fits, HORIZONS),
        rtol=1e-6,
        atol=1e-9,
    )


def test_order_of_rows_does_not_matter_to_any_model(regular_buyers, regular_fits):
    shuffled = regular_buyers.sample(frac=1, random_state=3)
    again = fit_purchase_models(shuffled, by_group=False)
    pd.testing.assert_frame_equal(again, regular_fits, check_exact=True)


def test_weights_are_customers_to_every_model(random_buyers):
    keys = ["origin_id", "frequency", "recency_days", "age_days"]
    coarse = random_buyers.assign(age_days=random_buyers["age_days"] // 100 * 100 + 100)
    coarse["recency_days"] = np.minimum(coarse["recency_days"] // 20 * 20 + 20, coarse["age_days"])
    coarse.loc[coarse["frequency"] == 0, "recency_days"] = 0
    cells = coarse.groupby(keys, as_index=False).sum()
    assert len(cells) < 0.7 * len(coarse)
    weighted = fit_purchase_models(cells, by_group=False)
    expanded = fit_purchase_models(coarse, by_group=False)
    pd.testing.assert_frame_equal(weighted, expanded, rtol=1e-6)


def test_members_share_the_draws_equally(regular_buyers, regular_fits):
    cells = regular_buyers.head(200)
    counts = cells["frequency"].to_numpy() // 2
    found = {
        name: predictive_distribution(cells, regular_fits, counts, {"o": 365}, name)[1]
        for name in (*MODELS, "ensemble")
    }
    mean = np.mean([found[name] for name in MODELS], axis=0)
    assert found["ensemble"] == pytest.approx(mean, abs=0.04)


def test_the_total_of_the_true_model_is_what_was_bought(random_buyers, random_fits):
    """Calibration: the expected purchases of new customers by their ages add up to the truth."""
    age = random_buyers["age_days"].to_numpy() / 7
    model = MODELS["mbg_nbd"]
    params = {key: _figure(random_fits, "mbg_nbd", key) for key in model.parameter_names}
    expected = model.expected_purchases_new_customer(params, age).sum()
    assert expected == pytest.approx(random_buyers["frequency"].sum(), rel=0.04)
