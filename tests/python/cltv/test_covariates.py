"""Parameters by group of customers: effects where groups differ, none where they do not."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime, minimize

from cltv.cells import purchase_cells
from cltv.purchase import BGNBD, fit_purchase_models, score_purchase_cells
from cltv.purchase import covariates as grouping
from cltv.purchase.covariates import designs, fit_groups
from cltv.purchase.fitting import fit_cells

AHEAD = 365
CHANNELS = ("email", "fair", "search", "social")


def _draw(seed, customers, r, alpha, a, b):
    """Draw BG/NBD buyers in days, with what they buy in the year after; alpha in weeks."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(r, 1 / (7 * alpha), customers)
    loss = rng.beta(a, b, customers)
    age = rng.integers(60, 500, customers)
    count, last, later = np.zeros((3, customers), dtype=int)
    clock, active = np.zeros(customers), np.arange(customers)
    while len(active):
        clock[active] += rng.exponential(size=len(active)) / rate[active]
        active = active[clock[active] < age[active] + AHEAD]
        day = np.ceil(clock[active]).astype(int)
        seen = day <= age[active]
        count[active] += seen & (day > last[active])
        later[active] += ~seen
        last[active] = np.where(seen, day, last[active])
        active = active[rng.random(len(active)) > loss[active]]
    return pd.DataFrame({"frequency": count, "recency_days": last, "age_days": age, "later": later})


def _customers(dropout, seed=1, size=2500):
    """Return customers of several channels; `dropout` is their parameter a."""
    parts = []
    for number, (channel, a) in enumerate(zip(CHANNELS, dropout, strict=True)):
        part = _draw(seed * 100 + number, size, 0.7, 6.0, a, 2.5)
        part["acquisition_channel"] = channel
        part["customer_type"] = np.where(np.arange(size) % 3 == 0, "business", "consumer")
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    frame["covariate_pattern"] = frame["acquisition_channel"] + "|" + frame["customer_type"]
    return frame.assign(origin_id="o")


def _cells(customers):
    keys = [name for name in customers.columns if name != "later"]
    cells = customers.groupby(keys, as_index=False)
    return cells.agg(customers=("later", "size"), later=("later", "sum"))


def _fit(cells, **options):
    return fit_purchase_models(cells, models=("bg_nbd",), **options)


def _bias(cells, fits, model_name):
    """Relative error of the total of each channel."""
    horizons = {"12m": AHEAD}
    scores = score_purchase_cells(cells, fits, horizons, discounted_horizon=None)
    keys = ["frequency", "recency_days", "age_days"]
    keys += ["covariate_pattern"] if model_name == "ensemble_by_group" else []
    scores = scores.loc[scores["model_name"] == model_name, [*keys, "expected_orders_12m"]]
    joined = cells.merge(scores, on=keys, validate="many_to_one")
    assert len(joined) == len(cells)
    joined["expected"] = joined["expected_orders_12m"] * joined["customers"]
    totals = joined.groupby("acquisition_channel")[["expected", "later"]].sum()
    return totals["expected"] / totals["later"] - 1


@pytest.fixture(scope="module")
def different():
    cells = _cells(_customers((0.25, 0.6, 1.2, 3.0)))
    return SimpleNamespace(cells=cells, fits=_fit(cells))


@pytest.fixture(scope="module")
def alike():
    cells = _cells(_customers((0.8, 0.8, 0.8, 0.8)))
    return SimpleNamespace(cells=cells, fits=_fit(cells))


def _effects(fits):
    rows = fits[fits["kind"] == "effect"]
    return rows.set_index("name")["estimate"]


def _diagnostic(fits, name, model_name="bg_nbd_by_group"):
    rows = fits[(fits["model_name"] == model_name) & (fits["name"] == name)]
    assert len(rows) == 1
    return rows["estimate"].iloc[0]


def test_channels_that_leave_differently_are_told_apart(different):
    pooled = _bias(different.cells, different.fits, "ensemble")
    by_group = _bias(different.cells, different.fits, "ensemble_by_group")
    assert pooled["social"] > 0.4
    assert pooled["email"] < -0.1
    assert by_group.abs().max() < 0.12
    effects = _effects(different.fits)
    leaving = [effects[f"a[acquisition_channel={channel}]"] for channel in CHANNELS]
    assert leaving == sorted(leaving)
    # the planted factor between the last and the first is 12
    assert np.exp(leaving[3] - leaving[0]) == pytest.approx(12, rel=0.5)


def test_effects_of_what_makes_no_difference_shrink_to_zero(different, alike):
    assert _diagnostic(alike.fits, "effect_sd_alpha") <= 0.08
    assert _diagnostic(alike.fits, "effect_sd_a") <= 0.18
    assert _effects(alike.fits).abs().max() < 0.12
    # types do not differ, wherever channels do
    effects = _effects(different.fits)
    types = [effects[f"a[customer_type={level}]"] for level in ("business", "consumer")]
    assert abs(types[0] - types[1]) < 0.25


def test_without_differences_the_fit_by_group_is_the_pooled_one(alike):
    scores = score_purchase_cells(alike.cells, alike.fits, {"36m": 1095})
    keys = ["frequency", "recency_days", "age_days"]
    pooled = scores[scores["model_name"] == "ensemble"].set_index(keys)
    by_group = scores[scores["model_name"] == "ensemble_by_group"].set_index(keys)
    expected = pooled["expected_orders_36m"].reindex(by_group.index)
    difference = by_group["expected_orders_36m"] - expected
    assert (difference.abs() < 0.02 + 0.1 * expected).all()
    assert difference.abs().sum() < 0.04 * expected.sum()


def test_scores_by_group_have_one_row_per_pattern_and_cell(different):
    scores = score_purchase_cells(different.cells, different.fits, {"36m": 1095})
    by_group = scores[scores["model_name"] == "ensemble_by_group"]
    assert len(by_group) == len(different.cells)
    assert set(by_group["covariate_pattern"]) == set(different.cells["covariate_pattern"])
    assert set(scores["model_name"]) == {"bg_nbd", "ensemble", "ensemble_by_group"}
    pooled = scores[scores["model_name"] != "ensemble_by_group"]
    assert set(pooled["covariate_pattern"]) == {"all"}
    assert not scores.duplicated(
        ["origin_id", "model_name", "covariate_pattern", "frequency", "recency_days", "age_days"]
    ).any()


def test_order_of_rows_and_time_unit_do_not_matter(different):
    shuffled = different.cells.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(_fit(shuffled), different.fits, check_exact=True)
    days = _fit(different.cells, time_unit_days=1.0)
    horizons = {"36m": 1095}
    pd.testing.assert_frame_equal(
        score_purchase_cells(different.cells, days, horizons),
        score_purchase_cells(different.cells, different.fits, horizons),
        rtol=1e-6,
    )


def test_the_joint_fit_is_the_summit_of_its_posterior(different):
    """A second search, by scipy and without any of our derivatives, ends at the same place."""
    few = _customers((0.25, 0.6, 1.2, 3.0), seed=2, size=150)
    groups, levels = {}, {}
    for pattern, rows in few.groupby("covariate_pattern"):
        groups[pattern] = purchase_cells(
            rows["frequency"], rows["recency_days"] / 7, rows["age_days"] / 7
        )
        levels[pattern] = rows[["acquisition_channel", "customer_type"]].iloc[0].to_dict()
    pooled = fit_cells(
        BGNBD(), purchase_cells(few["frequency"], few["recency_days"] / 7, few["age_days"] / 7)
    )
    layout = designs(groups, levels)
    fit, effects, spread = fit_groups(pooled, layout)
    model = BGNBD()
    start = np.log([fit.params[name] for name in model.parameter_names])
    start = np.concatenate([start, [value[0] for value in effects.values()]])
    centre = model.centre(pooled.scaled_cells)
    centre[1] += np.log(pooled.mean_age)

    def negative(theta):
        shifts = dict(zip(effects, theta[4:], strict=True))
        total = -0.5 * (((theta[:4] - centre) / 1.5) ** 2).sum()
        for name, value in shifts.items():
            total -= 0.5 * (value / spread[name.partition("[")[0]]) ** 2
        for pattern, cells in groups.items():
            own = theta[:4].copy()
            for covariate, level in levels[pattern].items():
                own[1] += shifts[f"alpha[{covariate}={level}]"]
                own[2] += shifts[f"a[{covariate}={level}]"]
            total += model.log_likelihood(np.exp(own), cells)[0]
        return -total

    assert np.abs(approx_fprime(start, negative, 1e-5)).max() < 0.02
    other = minimize(negative, start + 0.1, method="BFGS", options={"gtol": 1e-3})
    assert other.x == pytest.approx(start, abs=5e-3)


def test_few_customers_lean_on_the_others(monkeypatch):
    """A channel of forty customers keeps little of what chance makes of them."""
    customers = _customers((0.8, 0.8, 0.8, 0.8), size=1000)
    rare = _draw(7, 40, 0.7, 6.0, 0.8, 2.5).assign(
        acquisition_channel="rare", customer_type="consumer"
    )
    rare["covariate_pattern"], rare["origin_id"] = "rare|consumer", "o"
    cells = _cells(pd.concat([customers, rare]))
    leaning = _effects(_fit(cells)).filter(like="rare").abs()
    monkeypatch.setattr(grouping, "EFFECT_SDS", (5.0,))
    alone = _effects(_fit(cells))
    others = alone.filter(like="acquisition_channel").drop(list(leaning.index))
    others = others.groupby(others.index.str[:1]).mean()
    own = (alone.filter(like="rare") - others.to_numpy()[::-1]).abs()
    assert own.max() > 0.4
    assert leaning.max() < 0.15


def test_one_group_is_no_reason_for_a_fit_by_group(alike):
    one = alike.cells[alike.cells["covariate_pattern"] == "email|consumer"]
    fits = _fit(one)
    status = fits[fits["kind"] == "status"].set_index("model_name")["note"]
    assert status["bg_nbd"] == status["ensemble"] == "fitted"
    assert status["bg_nbd_by_group"] == status["ensemble_by_group"] == "one_group_only"
    scores = score_purchase_cells(one, fits, {"36m": 1095})
    assert set(scores["model_name"]) == {"bg_nbd", "ensemble"}


def test_rare_levels_beyond_the_limit_have_no_effect(alike, monkeypatch):
    monkeypatch.setattr(grouping, "MAXIMUM_LEVELS", 2)
    fits = _fit(alike.cells)
    channels = _effects(fits).filter(like="acquisition_channel=")
    assert len(channels) == 4
    assert len(score_purchase_cells(alike.cells, fits, {"36m": 1095})) > len(alike.cells)


def test_large_tables_are_fitted_in_two_stages(different, monkeypatch):
    monkeypatch.setattr(grouping, "TWO_STAGE_ROWS", 1000)
    monkeypatch.setattr("cltv.maximum_likelihood.TWO_STAGE_ROWS", 1000)
    staged = _fit(different.cells)
    monkeypatch.undo()
    for name in ("effect_sd_a", "effect_sd_alpha"):
        assert _diagnostic(staged, name) == _diagnostic(different.fits, name)
    assert _effects(staged).to_numpy() == pytest.approx(
        _effects(different.fits).to_numpy(), abs=1e-5
    )


def test_a_pattern_stands_for_one_combination(alike):
    bad = alike.cells.copy()
    bad["covariate_pattern"] = ["one"] * len(bad)
    bad["acquisition_channel"], bad["customer_type"] = "email", "consumer"
    bad.loc[9, "customer_type"] = "business"
    with pytest.raises(ValueError, match=r"'covariate_pattern', row 9: 'one' stands"):
        _fit(bad)
    with pytest.raises(ValueError, match="column 'acquisition_channel' is missing"):
        _fit(bad.drop(columns="acquisition_channel"))
