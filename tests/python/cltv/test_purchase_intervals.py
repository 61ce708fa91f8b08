"""Predictive intervals: against forward simulation, and what they promise."""

import numpy as np
import pandas as pd
import pytest

from cltv.fit_rows import COLUMNS
from cltv.frames import frame_of_rows
from cltv.purchase import (
    BGNBD,
    fit_purchase_models,
    intervals,
    predictive_distribution,
    purchase_cell_intervals,
)

LEVELS = (5, 10, 25, 50, 75, 90, 95)
TRUTH = {"r": 0.6, "alpha": 5.0, "a": 0.8, "b": 2.5}  # alpha in weeks
SPEND = {"p": 6.25, "q": 3.74, "v": 15.4}
ORIGINS = pd.DataFrame({"origin_id": ["o"], "horizon_days": [365]})
HISTORIES = [
    (0, 0, 300),
    (1, 200, 300),
    (3, 280, 300),
    (12, 290, 300),
    (12, 100, 300),
    (60, 298, 300),
]


def _fits(models=("bg_nbd",), params=TRUTH):
    key = ("o", "purchases")
    rows = []
    for model in models:
        rows += [
            (key[0], model, key[1], "fit_status", "status", 1.0, *[np.nan] * 3, "fitted"),
            (key[0], model, key[1], "time_unit_days", "diagnostic", 7.0, *[np.nan] * 3, None),
        ]
        rows += [
            (key[0], model, key[1], name, "parameter", value, *[np.nan] * 3, None)
            for name, value in params.items()
        ]
    return frame_of_rows(rows, COLUMNS)


def _spend_fits():
    rows = [("o", "gamma_gamma", "net_revenue", "fit_status", "status", 1.0, *[np.nan] * 3, "f")]
    rows += [
        ("o", "gamma_gamma", "net_revenue", name, "parameter", value, *[np.nan] * 3, None)
        for name, value in SPEND.items()
    ]
    return frame_of_rows(rows, COLUMNS)


def _cells(histories=HISTORIES):
    frame = pd.DataFrame(histories, columns=["frequency", "recency_days", "age_days"])
    return frame.assign(origin_id="o", customers=1, purchase_count=frame["frequency"] + 1)


def _forward(history, draws=20_000, horizon=365 / 7, seed=1):
    """Simulate one BG/NBD customer's future, purchase by purchase, from the posterior."""
    rng = np.random.default_rng(seed)
    x, recency, age = history[0], history[1] / 7, history[2] / 7
    alive = BGNBD().probability_alive(TRUTH, [x], [recency], [age])[0]
    rate = rng.gamma(TRUTH["r"] + x, 1 / (TRUTH["alpha"] + age), draws)
    loss = rng.beta(TRUTH["a"], TRUTH["b"] + x, draws)
    count, clock = np.zeros(draws, dtype=int), np.zeros(draws)
    active = np.flatnonzero(rng.random(draws) < alive)
    while len(active):
        clock[active] += rng.exponential(size=len(active)) / rate[active]
        active = active[clock[active] < horizon]
        count[active] += 1
        active = active[rng.random(len(active)) > loss[active]]
    return count


@pytest.fixture(scope="module")
def simulated():
    return [_forward(history) for history in HISTORIES]


def _intervals(cells=None, fits=None, spend=None, **options):
    cells = _cells() if cells is None else cells
    fits = _fits() if fits is None else fits
    options.setdefault("models", ("bg_nbd",))
    return purchase_cell_intervals(
        cells, fits, _spend_fits() if spend is None else spend, ORIGINS, **options
    )


def _in_order(table):
    """Return the rows in the order of `HISTORIES`."""
    keys = ["frequency", "recency_days", "age_days"]
    return table.set_index(keys).loc[HISTORIES]


def test_quantiles_of_orders_are_those_of_a_simulation(simulated):
    table = _in_order(_intervals())
    for future, (_, row) in zip(simulated, table.iterrows(), strict=True):
        for level in LEVELS:
            value = row[f"orders_p{level:02d}"]
            # the draw itself may be off by a hair of probability, not more
            assert (future < value).mean() < level / 100 + 0.02
            assert (future <= value).mean() > level / 100 - 0.02


@pytest.mark.parametrize("fewer", [0, 1, 2])
def test_quantiles_of_value_are_those_of_a_simulation(simulated, fewer):
    """The mean is of as many purchases as left something, not of as many as there were."""
    cells = _cells()
    cells["purchase_count"] = np.maximum(cells["purchase_count"] - fewer, 0)
    table = _in_order(_intervals(cells))
    rng = np.random.default_rng(3)
    mean_value, v = 30.0, SPEND["v"]
    for history, future, (_, row) in zip(HISTORIES, simulated, table.iterrows(), strict=True):
        n = max(history[0] + 1 - fewer, 0)
        assert row["purchase_count"] == n
        scale = v + n * mean_value
        rate = rng.gamma(SPEND["p"] * n + SPEND["q"], 1 / scale, len(future))
        value = np.where(future > 0, rng.gamma(SPEND["p"] * np.maximum(future, 1)) / rate, 0.0)
        for level in LEVELS:
            bound = row[f"value_ratio_p{level:02d}"] * scale
            assert (value < bound).mean() < level / 100 + 0.025
            assert (value <= bound).mean() > level / 100 - 0.025


def test_the_default_number_of_draws_is_enough(monkeypatch):
    """Quantiles of orders and value lie within two points of those of eighty times the draws."""
    pareto = {"r": 0.6, "alpha": 5.0, "s": 0.6, "beta": 12.0}
    fits = pd.concat(
        [_fits(("bg_nbd", "mbg_nbd")), _fits(("pareto_nbd",), pareto)], ignore_index=True
    )
    usual = _in_order(_intervals(fits=fits, models=("ensemble",))).filter(regex="_p[0-9]")
    bounds = []
    for shift in (-0.02, 0.02):
        shifted = tuple(level / 100 + shift for level in LEVELS)
        monkeypatch.setattr(intervals, "LEVELS", shifted)
        table = _in_order(_intervals(fits=fits, models=("ensemble",), draws=60_000))
        bounds.append(table.filter(regex="_p[0-9]").to_numpy())
    assert (bounds[0] <= usual.to_numpy() + 1e-9).all()
    assert (usual.to_numpy() <= bounds[1] + 1e-9).all()


def test_a_distribution_is_that_of_a_simulation(simulated):
    counts = np.array([0, 1, 3, 8, 0, 40])
    below, up_to = predictive_distribution(_cells(), _fits(), counts, {"o": 365}, "bg_nbd")
    for future, count, low, high in zip(simulated, counts, below, up_to, strict=True):
        assert low == pytest.approx((future < count).mean(), abs=0.02)
        assert high == pytest.approx((future <= count).mean(), abs=0.02)
    assert below[0] == 0.0


def test_transformed_counts_of_a_true_model_are_uniform(simulate):
    histories = simulate(5, 4000)
    rng = np.random.default_rng(6)
    cells = pd.DataFrame(
        {
            "origin_id": "o",
            "frequency": histories.frequency,
            "recency_days": histories.recency,
            "age_days": histories.age,
        }
    )
    counts = [
        _forward(history, 1, seed=seed)[0]
        for seed, history in enumerate(cells.iloc[:1500, 1:].itertuples(index=False))
    ]
    part = cells.head(1500)
    below, up_to = predictive_distribution(part, _fits(), counts, {"o": 365}, "bg_nbd")
    assert (below <= up_to).all()
    transformed = below + rng.random(len(below)) * (up_to - below)
    shares = np.histogram(transformed, bins=10, range=(0, 1))[0] / len(transformed)
    # three standard errors of a share of a tenth
    assert np.abs(shares - 0.1).max() < 3 * np.sqrt(0.09 / len(transformed))


def test_an_ensemble_is_the_equal_mixture_of_its_members(monkeypatch):
    class Other(BGNBD):
        name = "mbg_nbd"

    monkeypatch.setitem(intervals.MODELS, "mbg_nbd", Other())
    slow = TRUTH | {"alpha": 50.0}
    fits = pd.concat([_fits(), _fits(("mbg_nbd",), slow)], ignore_index=True)
    counts = np.array([0, 1, 2, 6, 0, 30])
    found = {
        name: np.array(predictive_distribution(_cells(), fits, counts, {"o": 365}, name))
        for name in ("ensemble", "bg_nbd", "mbg_nbd")
    }
    mixture = (found["bg_nbd"] + found["mbg_nbd"]) / 2
    assert found["ensemble"] == pytest.approx(mixture, abs=0.02)


def test_intervals_are_nested_and_value_is_zero_without_orders():
    table = _intervals()
    orders = table[[f"orders_p{level:02d}" for level in LEVELS]].to_numpy()
    ratios = table[[f"value_ratio_p{level:02d}" for level in LEVELS]].to_numpy()
    assert (np.diff(orders, axis=1) >= 0).all()
    assert (np.diff(ratios, axis=1) >= 0).all()
    assert ((orders == 0) == (ratios == 0)).all()
    assert (orders == np.floor(orders)).all()


def test_rows_are_sorted_distinct_and_independent_of_order_and_blocks(monkeypatch):
    table = _intervals()
    keys = ["origin_id", "model_name", "covariate_pattern", "frequency"]
    keys += ["recency_days", "age_days"]
    assert list(table.columns[:6]) == keys
    pd.testing.assert_frame_equal(table[keys], table[keys].sort_values(keys))
    doubled = pd.concat([_cells(), _cells()]).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(_intervals(doubled), table)
    monkeypatch.setattr(intervals, "_BLOCK", 900)
    pd.testing.assert_frame_equal(_intervals(doubled), table)


def test_without_a_spend_model_there_are_orders_only():
    table = _intervals(spend=_spend_fits().head(0))
    assert table.filter(like="value_ratio").isna().all().all()
    assert table.filter(like="orders_").notna().all().all()


def test_without_a_fit_there_is_nothing():
    empty = _fits().head(0)
    assert _intervals(fits=empty, models=("ensemble", "ensemble_by_group")).empty
    below, up_to = predictive_distribution(_cells(), empty, np.zeros(6), {"o": 365})
    assert np.isnan(below).all()
    assert np.isnan(up_to).all()
    other = pd.DataFrame({"origin_id": ["p"], "horizon_days": [30]})
    table = purchase_cell_intervals(_cells(), _fits(), _spend_fits(), other, models="bg_nbd")
    assert table.empty


def test_by_group_intervals_follow_the_group():
    fits = _fits(("bg_nbd_by_group",))
    effect = ("o", "bg_nbd_by_group", "purchases", "alpha[acquisition_channel=a]", "effect")
    fits.loc[len(fits)] = [*effect, -1.0, np.nan, np.nan, np.nan, None]
    cells = pd.concat(
        [
            _cells().assign(acquisition_channel=channel, covariate_pattern=f"{channel}|t")
            for channel in ("a", "b")
        ]
    ).assign(customer_type="t")
    table = _intervals(cells, fits, models=("ensemble_by_group",))
    assert len(table) == 2 * len(HISTORIES)
    own, plain = (
        table[table["covariate_pattern"] == pattern].reset_index() for pattern in ("a|t", "b|t")
    )
    # customers whose channel buys faster are expected to buy more
    assert (own["orders_p95"] >= plain["orders_p95"]).all()
    assert (own["orders_p95"] > plain["orders_p95"]).any()
    pooled = _intervals()
    for name in pooled.columns[7:]:
        assert plain[name].to_numpy() == pytest.approx(pooled[name].to_numpy())


def test_bad_options_are_named():
    with pytest.raises(ValueError, match="unknown purchase model 'bgnbd'"):
        _intervals(models=("bgnbd",))
    for wrong in (-1, 1.5, np.nan):
        with pytest.raises(ValueError, match="column 'purchase_count', row 0"):
            _intervals(_cells().assign(purchase_count=wrong))
    with pytest.raises(ValueError, match="counts: 2 rows where 6 are expected"):
        predictive_distribution(_cells(), _fits(), [1, 2], {"o": 365})
    with pytest.raises(ValueError, match="counts must be whole numbers"):
        predictive_distribution(_cells(), _fits(), np.full(6, 0.5), {"o": 365})
    with pytest.raises(ValueError, match=r"column 'horizon_days', row 0: 0 is not above 0"):
        purchase_cell_intervals(
            _cells(), _fits(), _spend_fits(), ORIGINS.assign(horizon_days=0), models="bg_nbd"
        )


def test_intervals_of_a_real_fit_hold_what_they_promise(simulate, cells_of):
    """Fitted on one half of time, judged on the other, the process being the model's own."""
    cells = cells_of(simulate(9, 3000), "o")
    fits = fit_purchase_models(cells, models=("bg_nbd",), by_group=False)
    table = _intervals(cells.assign(purchase_count=cells["frequency"] + 1), fits)
    rng = np.random.default_rng(8)
    inside = total = 0
    sample = table.iloc[rng.choice(len(table), 400, replace=False)]
    for seed, (_, row) in enumerate(sample.iterrows()):
        history = (row["frequency"], row["recency_days"], row["age_days"])
        future = _forward(history, 50, seed=seed)
        inside += ((future >= row["orders_p05"]) & (future <= row["orders_p95"])).sum()
        total += len(future)
    assert inside / total > 0.9
