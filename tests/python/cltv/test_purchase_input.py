"""Any cells that can exist give a valid or a gated result; those that cannot are named."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cltv.fit_rows import COLUMNS, USABLE
from cltv.purchase import (
    MODELS,
    fit_purchase_models,
    predictive_distribution,
    purchase_cell_intervals,
    score_purchase_cells,
)

HORIZONS = {"12m": 365, "36m": 1095}
REASONS = {
    "no_customers",
    "too_few_customers",
    "no_time_observed",
    "history_too_short",
    "no_recent_order",
    "too_few_repeaters",
    "not_converged",
    "dropout_not_identified",
    "one_group_only",
    "no_model_by_group",
}
NO_SPEND = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COLUMNS.items()})
ORIGINS = pd.DataFrame({"origin_id": ["o"], "horizon_days": [365]})
OPEN_GATE = {
    "minimum_customers": 1,
    "minimum_repeaters": 1,
    "minimum_days": 1,
    "maximum_silence_days": 10**6,
}


def _cells(rows):
    columns = ["frequency", "recency_days", "age_days", "customers"]
    frame = pd.DataFrame(rows, columns=columns).assign(origin_id="o")
    # gaps as even as those of random buyers: the mean log lies Euler's constant below the log mean
    repeats = np.maximum(frame["frequency"], 1)
    log_gap = np.log(np.maximum(frame["recency_days"], 1) / repeats) - 0.5772
    frame["log_gap_sum"] = frame["customers"] * frame["frequency"] * log_gap
    frame["acquisition_channel"] = np.where(np.arange(len(frame)) % 2 == 0, "ads", "email")
    frame["customer_type"] = "consumer"
    frame["covariate_pattern"] = frame["acquisition_channel"] + "|consumer"
    return frame


def _check(cells, fits):
    """Every invariant that a table of fits and its predictions must hold."""
    status = fits[fits["kind"] == "status"]
    assert not status.duplicated(["origin_id", "model_name"]).any()
    assert set(status["note"]) <= REASONS | set(USABLE)
    assert (status["estimate"] == status["note"].isin(USABLE)).all()
    parameters = fits[fits["kind"] == "parameter"]
    assert np.isfinite(parameters["estimate"]).all()
    assert (parameters["estimate"] > 0).all()

    scores = score_purchase_cells(cells, fits, HORIZONS)
    assert len(scores) == 0 or not scores.drop(columns="origin_id").isna().any().any()
    assert scores["probability_alive"].between(0, 1).all()
    for label in HORIZONS:
        active = scores[f"probability_active_{label}"]
        assert (active <= scores["probability_alive"] + 1e-9).all()
        assert (active >= 0).all()
    near, far = scores["expected_orders_12m"], scores["expected_orders_36m"]
    assert (near >= 0).all()
    assert (far >= near * (1 - 1e-9)).all()
    assert (scores["discounted_orders_36m"] <= far * (1 + 1e-6)).all()
    # two quadratures, which agree to three digits where parameters are at their limits
    floor = scores["discounted_orders_36m"] * (1 - 2e-3)
    assert (scores["discounted_orders_lifetime"] >= floor).all()

    valued = cells.assign(purchase_count=cells["frequency"] + 1)
    table = purchase_cell_intervals(valued, fits, NO_SPEND, ORIGINS)
    orders = table.filter(like="orders_p").to_numpy()
    assert (np.diff(orders, axis=1) >= 0).all()
    assert len(table) == scores["model_name"].isin(["ensemble", "ensemble_by_group"]).sum()
    below, up_to = predictive_distribution(cells, fits, cells["frequency"], {"o": 365})
    known = np.isfinite(below)
    assert ((below[known] >= 0) & (below[known] <= up_to[known]) & (up_to[known] <= 1)).all()
    return status.set_index("model_name")["note"]


@st.composite
def _tables(draw):
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        age = draw(st.integers(0, draw(st.sampled_from([3, 400, 11_000]))))
        recency = draw(st.integers(0, age))
        most = draw(st.sampled_from([1, 5, 500]))
        frequency = draw(st.integers(1, min(most, recency))) if recency else 0
        rows.append((frequency, recency, age, draw(st.integers(1, 500))))
    return _cells(rows)


# shrinking a failure would take minutes
@settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate])
@given(_tables(), st.sampled_from(["map", "mle"]), st.sampled_from(sorted(MODELS)), st.booleans())
def test_whatever_can_exist_is_fitted_or_gated(cells, method, model, by_group):
    gate = OPEN_GATE if by_group else {}
    options = {"models": model, "method": method, "by_group": by_group}
    _check(cells, fit_purchase_models(cells, **options, **gate))


EXTREMES = {
    "one customer": [(2, 30, 90, 1)],
    "nobody bought again": [(0, 0, 100, 500), (0, 0, 300, 100)],
    "all bought yesterday": [(age // 50, age - 1, age, 40) for age in range(100, 800, 50)],
    "all bought once a day": [(age, age, age, 5) for age in range(1, 300)],
    "ages of a day": [(1, 1, 1, 70), (0, 0, 1, 500)],
    "ages of thirty years": [(3, 9000, 10_957, 200), (0, 0, 10_957, 500), (40, 10_900, 10_957, 9)],
    "a day and thirty years": [(0, 0, 1, 400), (1, 1, 1, 30), (90, 10_957, 10_957, 60)],
    "twenty thousand purchases": [(20_000, 20_500, 21_000, 3), (0, 0, 500, 900), (2, 90, 400, 200)],
    "a single cell": [(2, 100, 200, 1000)],
}


@pytest.mark.parametrize("rows", EXTREMES.values(), ids=EXTREMES)
def test_extremes_are_fitted_or_gated(rows):
    cells = _cells(rows)
    _check(cells, fit_purchase_models(cells, by_group=False, **OPEN_GATE))
    fast = ("bg_nbd", "mbg_nbd")
    _check(cells, fit_purchase_models(cells, models=fast, method="mle", **OPEN_GATE))


def test_gates_of_extremes_name_their_reason():
    def reason(rows, **options):
        cells = _cells(rows)
        return _check(cells, fit_purchase_models(cells, by_group=False, **options))["ensemble"]

    assert reason(EXTREMES["one customer"]) == "too_few_customers"
    assert reason(EXTREMES["nobody bought again"]) == "too_few_repeaters"
    assert reason(EXTREMES["ages of a day"]) == "history_too_short"
    assert reason([(0, 0, 0, 900)]) == "no_time_observed"
    assert reason([(1, 100, 400, 900)]) == "no_recent_order"
    assert reason([(1, 100, 400, 900)], maximum_silence_days=300) != "no_recent_order"
    assert reason([(1, 70, 80, 900)], minimum_days=80) != "history_too_short"


def test_every_model_is_refused_for_the_same_reason():
    cells = _cells([(0, 0, 100, 10)])
    fits = fit_purchase_models(cells, origins=["empty", "o"])
    status = fits[fits["kind"] == "status"]
    assert set(status["model_name"]) >= {*MODELS, "ensemble", "ensemble_by_group"}
    assert set(status.loc[status["origin_id"] == "o", "note"]) == {"too_few_customers"}
    assert set(status.loc[status["origin_id"] == "empty", "note"]) == {"no_customers"}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("recency_days", 91, "column 'recency_days', row 1: 91 exceeds age_days"),
        ("frequency", -2, "column 'frequency', row 1: -2 is negative"),
        ("age_days", np.nan, "column 'age_days', row 1: nan is not a finite number"),
        ("customers", 0, "column 'customers', row 1: 0 is not above 0"),
        ("log_gap_sum", np.inf, "column 'log_gap_sum', row 1: inf is not a finite number"),
        ("frequency", 0, "column 'recency_days', row 1: 30 must be 0 where frequency is 0"),
        ("recency_days", 0, "column 'recency_days', row 1: 0 must be above 0 where frequency"),
        ("covariate_pattern", None, "column 'covariate_pattern', row 1: is missing"),
    ],
)
def test_what_cannot_exist_is_named(column, value, message):
    cells = _cells([(0, 0, 90, 5), (2, 30, 90, 5)]).astype({column: object})
    cells.loc[1, column] = value
    with pytest.raises(ValueError, match=message):
        fit_purchase_models(cells)
