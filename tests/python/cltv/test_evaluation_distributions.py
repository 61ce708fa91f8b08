"""Predictive probabilities of counts against the models' own expectations and draws."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from cltv.evaluation.distributions import COUNTS, PredictiveCounts, future_counts
from cltv.fit_rows import COLUMNS
from cltv.purchase import MODELS

PARAMS = {
    "bg_nbd": (0.243, 4.414, 0.793, 2.426),
    "mbg_nbd": (0.525, 6.183, 0.891, 1.614),
    "pareto_nbd": (0.553, 10.578, 0.606, 11.669),
}
X = np.array([0.0, 0.0, 1.0, 2.0, 7.0, 26.0])
RECENCY = np.array([0.0, 0.0, 5.0, 30.43, 29.43, 30.86])
AGE = np.array([0.0, 38.86, 38.86, 38.86, 38.86, 31.0])


@pytest.mark.parametrize("name", PARAMS)
@pytest.mark.parametrize("horizon", [0.5, 39.0, 260.0])
def test_mean_and_zero_are_the_models_own(name, horizon):
    model, params = MODELS[name], PARAMS[name]
    table = future_counts(model, params, X, RECENCY, AGE, horizon, counts=1500)
    assert table.sum(axis=1) == pytest.approx(np.ones(6))
    assert (table >= 0).all()
    expected = model.expected_purchases(params, X, RECENCY, AGE, horizon)
    assert table @ np.arange(1500.0) == pytest.approx(expected, rel=1e-6)
    active = model.probability_active(params, X, RECENCY, AGE, horizon)
    assert 1 - table[:, 0] == pytest.approx(active, rel=1e-7)


@pytest.mark.parametrize("name", ["bg_nbd", "pareto_nbd"])
def test_at_age_zero_it_is_the_distribution_of_a_new_customer(name):
    table = future_counts(MODELS[name], PARAMS[name], X[:1], X[:1], X[:1], 52.0, counts=40)
    new = MODELS[name].probability_of_count(PARAMS[name], np.arange(39), 52.0)
    assert table[0, :39] == pytest.approx(new, rel=1e-6)


def test_pareto_is_an_integral_over_the_lifetime():
    r, alpha, s, beta = PARAMS["pareto_nbd"]
    x, recency, age, horizon = 7.0, 29.43, 38.86, 39.0
    alive = MODELS["pareto_nbd"].probability_alive(PARAMS["pareto_nbd"], [x], [recency], [age])[0]
    table = future_counts(
        MODELS["pareto_nbd"], PARAMS["pareto_nbd"], [x], [recency], [age], horizon
    )

    def chance(count, time):
        return stats.nbinom.pmf(count, r + x, (alpha + age) / (alpha + age + time))

    density = stats.lomax(s, scale=beta + age)
    for count in (1, 3, 12):
        inside = integrate.quad(lambda u, n=count: density.pdf(u) * chance(n, u), 0, horizon)[0]
        whole = alive * (inside + density.sf(horizon) * chance(count, horizon))
        assert table[0, count] == pytest.approx(whole, rel=1e-8)


@pytest.mark.parametrize("name", PARAMS)
def test_draws_follow_it(name):
    model, params = MODELS[name], PARAMS[name]
    table = future_counts(model, params, X[3:5], RECENCY[3:5], AGE[3:5], 39.0)
    uniforms = np.random.default_rng(3).random((5000, 5))
    drawn = model.draw_purchases(params, X[3:5], RECENCY[3:5], AGE[3:5], 39.0, uniforms)
    for row in range(2):
        shares = np.bincount(np.minimum(drawn[row], COUNTS - 1), minlength=COUNTS) / 5000
        # Kolmogorov's bound, passed by chance once in a thousand times
        assert np.abs(np.cumsum(shares) - np.cumsum(table[row])).max() < 1.95 / 5000**0.5


@pytest.mark.parametrize("name", PARAMS)
def test_very_frequent_buyers_and_extreme_parameters_stay_probabilities(name):
    x = np.array([0.0, 20_000.0, 20_000.0])
    recency, age = np.array([0.0, 399.0, 10.0]), np.array([400.0, 400.0, 400.0])
    for params in (PARAMS[name], (50.0, 0.1, 500.0, 0.01), (1e-3, 1e3, 1e-3, 1e3)):
        table = future_counts(MODELS[name], params, x, recency, age, 52.0)
        assert np.isfinite(table).all()
        assert table.sum(axis=1) == pytest.approx(np.ones(3))
        assert ((table >= 0) & (table <= 1)).all()


# ---------- fits


def _fits(by_group=False):
    rows = []
    ending = "_by_group" if by_group else ""
    for name, params in PARAMS.items():
        key = ("o", name + ending, "purchases")
        rows.append((*key, "fit_status", "status", 1.0, *[np.nan] * 3, "fitted"))
        rows.append((*key, "time_unit_days", "diagnostic", 7.0, *[np.nan] * 3, None))
        for label, value in zip(MODELS[name].parameter_names, params, strict=True):
            rows.append((*key, label, "parameter", value, *[np.nan] * 3, None))
        if by_group:
            effect = "alpha[acquisition_channel=email]"
            rows.append((*key, effect, "effect", np.log(2.0), *[np.nan] * 3, None))
    return pd.DataFrame(rows, columns=list(COLUMNS))


CELLS = pd.DataFrame(
    {
        "covariate_pattern": ["email|person", "shop|person", "email|person"],
        "acquisition_channel": ["email", "shop", "email"],
        "customer_type": "person",
        "frequency": [0, 2, 2],
        "recency_days": [0, 210, 210],
        "age_days": [70, 280, 280],
    }
)


def test_an_ensemble_is_the_mean_of_its_members():
    predictive = PredictiveCounts(_fits())
    tables = [predictive("o", name, CELLS, 273) for name in PARAMS]
    assert predictive("o", "ensemble", CELLS, 273) == pytest.approx(np.mean(tables, axis=0))
    assert tables[0].shape == (3, COUNTS)
    assert predictive("o", "ensemble_by_group", CELLS, 273) is None
    assert predictive("p", "ensemble", CELLS, 273) is None
    # the same cells again, another horizon: nothing old is handed out
    longer = predictive("o", "bg_nbd", CELLS, 546)
    assert (longer[:, 0] < tables[0][:, 0]).all()


def test_groups_have_their_own_parameters():
    table = PredictiveCounts(_fits(by_group=True))("o", "ensemble_by_group", CELLS, 273)
    right = np.zeros((3, COUNTS))
    for name, params in PARAMS.items():
        for row, factor in enumerate((2.0, 1.0, 2.0)):
            r, alpha, *rest = params
            one = CELLS.iloc[[row]][["frequency", "recency_days", "age_days"]].to_numpy(float).T
            x, recency, age = one[0], one[1] / 7, one[2] / 7
            right[row] += future_counts(
                MODELS[name], (r, alpha * factor, *rest), x, recency, age, 39.0
            )[0]
    assert table == pytest.approx(right / 3, rel=1e-9)
