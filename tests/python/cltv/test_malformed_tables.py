"""A value that is no number, wherever it stands in a table: one line that names column and row."""

import numpy as np
import pandas as pd
import pytest

from cltv.evaluation import drift_figures, evaluate_orders, tracking
from cltv.purchase import fit_purchase_models, purchase_cell_intervals, score_purchase_cells
from cltv.spend import fit_spend_models

HORIZONS = {"6m": 182}
ORIGINS = pd.DataFrame(
    {
        "origin_id": ["backtest", "now"],
        "origin_date": pd.to_datetime(["2024-06-30", "2024-12-31"]),
        "horizon_label": "6m",
        "horizon_days": [182, 182],
    }
)


def _cells():
    rng = np.random.default_rng(5)
    size = 160
    age = rng.integers(100, 500, size)
    frequency = rng.poisson(rng.gamma(0.8, 1.5, size))
    recency = np.where(
        frequency > 0, np.maximum(frequency, (age * rng.random(size)).astype(int)), 0
    )
    return pd.DataFrame(
        {
            "origin_id": np.where(np.arange(size) % 2, "now", "backtest"),
            "acquisition_channel": "all",
            "customer_type": "all",
            "covariate_pattern": "all",
            "frequency": frequency,
            "recency_days": recency,
            "age_days": age,
            "purchase_count": frequency + 1,
            "customers": 1,
            "orders_last_year": 1,
            "holdout_orders": rng.poisson(0.4, size),
        }
    )


@pytest.fixture(scope="module")
def tables():
    cells = _cells()
    fits = fit_purchase_models(cells, models="bg_nbd", by_group=False, errors="sandwich")
    spend = pd.DataFrame(
        {
            "origin_id": "now",
            "value_basis": "net_revenue",
            "purchase_count": cells["frequency"] + 1,
            "mean_value": np.random.default_rng(6).gamma(3.0, 20.0, len(cells)),
            "customers": 1,
        }
    )
    return {
        "cells": cells,
        "fits": fits,
        "spend_fits": fit_spend_models(spend),
        "scores": score_purchase_cells(cells, fits, HORIZONS, discounted_horizon=None),
        "origins": ORIGINS,
    }


CALLS = {
    "score": lambda t: score_purchase_cells(
        t["cells"], t["fits"], HORIZONS, discounted_horizon=None
    ),
    "intervals": lambda t: purchase_cell_intervals(
        t["cells"], t["fits"], t["spend_fits"], t["origins"], models="bg_nbd"
    ),
    "evaluate": lambda t: evaluate_orders(t["cells"], t["scores"], t["fits"], t["origins"]),
    "tracking": lambda t: tracking(t["cells"], t["fits"], t["origins"]),
    "drift": lambda t: drift_figures(t["cells"], t["fits"], before="backtest", after="now"),
}


@pytest.mark.parametrize("call", CALLS)
def test_as_they_are_the_tables_are_taken(tables, call):
    assert len(CALLS[call](tables))


@pytest.mark.parametrize(
    ("call", "table", "name", "value", "message"),
    [
        ("score", "fits", "estimate", "x", "fits: column 'estimate', row 1: 'x' is not a number"),
        ("intervals", "fits", "estimate", "", "fits: column 'estimate', row 1: '' is not a number"),
        ("intervals", "spend_fits", "estimate", "x", "spend_fits: column 'estimate', row 1: 'x'"),
        ("intervals", "origins", "horizon_days", None, "column 'horizon_days', row 1: nan is not"),
        ("evaluate", "origins", "horizon_days", None, "column 'horizon_days', row 1: nan is not"),
        ("evaluate", "origins", "horizon_days", "x", "origins: column 'horizon_days', row 1: 'x'"),
        ("evaluate", "scores", "age_days", "x", "scores: column 'age_days', row 1: 'x' is not a"),
        ("evaluate", "cells", "holdout_orders", 1e308, "'holdout_orders', row 1: 1e.308 is not a"),
        ("tracking", "cells", "age_days", 10**12, "'age_days', row 1: 1e.12 is above 73000"),
        ("tracking", "origins", "horizon_days", 1e308, "'horizon_days', row 1: 1e.308 is above"),
        ("drift", "cells", "frequency", "x", "column 'frequency', row 1: 'x' is not a number"),
        ("drift", "cells", "recency_days", 10**6, "column 'recency_days', row 1: 1e.06 exceeds"),
        ("drift", "cells", "origin_id", None, "column 'origin_id', row 1: is missing"),
        ("drift", "fits", "model_name", None, "column 'model_name', row 1: is missing"),
    ],
)
def test_a_wrong_value_is_named_with_its_row(tables, call, table, name, value, message):
    column = tables[table][name].astype(object)
    column.iloc[1] = value
    changed = tables | {table: tables[table].assign(**{name: column})}
    with pytest.raises(ValueError, match=message):
        CALLS[call](changed)


@pytest.mark.parametrize("table", ["cells", "fits"])
def test_drift_names_a_missing_column(tables, table):
    changed = tables | {table: tables[table].drop(columns="origin_id")}
    with pytest.raises(ValueError, match=f"{table}: column 'origin_id' is missing"):
        CALLS["drift"](changed)


def test_a_spend_fit_without_a_parameter_is_named(tables):
    spend_fits = tables["spend_fits"]
    changed = tables | {"spend_fits": spend_fits[spend_fits["name"] != "q"]}
    with pytest.raises(ValueError, match="spend_fits: the fit of now has no parameter q"):
        CALLS["intervals"](changed)
