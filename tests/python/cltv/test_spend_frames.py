"""Spend models on tables: columns, status codes, the check of independence."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from cltv.fit_rows import COLUMNS
from cltv.spend import fit_gamma_gamma, fit_spend_models
from cltv.spend.independence import correlation_without_top, rank_correlation, weighted_correlation

DIAGNOSTICS = {
    "customers",
    "purchases",
    "cells",
    "mean_value",
    "population_mean_value",
    "frequency_value_correlation",
    "frequency_value_rank_correlation",
    "frequency_value_correlation_without_top",
    "log_likelihood",
    "iterations",
    "condition_number",
    "on_boundary",
}


def _cells(seed, customers, origin_id="o1", value_basis="net_revenue", scale=1.0):
    rng = np.random.default_rng(seed)
    count = 1 + rng.geometric(0.4, customers)
    mean = rng.gamma(5.0 * count) / rng.gamma(4.0, 1 / 20, customers) / count
    return pd.DataFrame(
        {
            "origin_id": origin_id,
            "value_basis": value_basis,
            "purchase_count": count,
            "mean_value": np.round(mean, 0) * scale + scale,
            "customers": 1,
        }
    )


def _value(fits, origin_id, name, value_basis="net_revenue"):
    key = (fits["origin_id"] == origin_id) & (fits["value_basis"] == value_basis)
    row = fits[key & (fits["name"] == name)]
    assert len(row) == 1
    return row.iloc[0]


def test_every_origin_and_basis_has_its_own_fit():
    cells = pd.concat(
        [_cells(1, 600), _cells(2, 500, value_basis="gross_margin"), _cells(3, 400, "o2")]
    )
    fits = fit_spend_models(cells)
    assert list(fits.columns) == list(COLUMNS)
    assert set(fits["model_name"]) == {"gamma_gamma"}
    groups = fits.groupby(["origin_id", "value_basis"])
    assert list(groups.groups) == [
        ("o1", "gross_margin"),
        ("o1", "net_revenue"),
        ("o2", "net_revenue"),
    ]
    for _, rows in groups:
        by_kind = rows.groupby("kind")["name"].apply(list)
        assert by_kind["status"] == ["fit_status"]
        assert by_kind["parameter"] == ["p", "q", "v"]
        assert set(by_kind["diagnostic"]) == DIAGNOSTICS
    part = cells[(cells["origin_id"] == "o1") & (cells["value_basis"] == "net_revenue")]
    fit = fit_gamma_gamma(part["purchase_count"], part["mean_value"], part["customers"])
    for name, value in fit.params.items():
        assert _value(fits, "o1", name)["estimate"] == value
    p, q, v = fit.params.values()
    population = _value(fits, "o1", "population_mean_value")["estimate"]
    assert population == pytest.approx(p * v / (q - 1))


@pytest.mark.parametrize("scale", [0.01, 1e6])
def test_currency_only_changes_v(scale):
    fits, other = fit_spend_models(_cells(1, 600)), fit_spend_models(_cells(1, 600, scale=scale))
    for name, factor in {"p": 1, "q": 1, "v": scale}.items():
        value = _value(fits, "o1", name)["estimate"] * factor
        assert _value(other, "o1", name)["estimate"] == pytest.approx(value, rel=1e-6)


def test_row_order_does_not_matter():
    cells = _cells(1, 600)
    shuffled = cells.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        fit_spend_models(shuffled), fit_spend_models(cells), check_exact=True
    )


def test_refusals_have_a_reason_and_no_parameters():
    few, flat = _cells(1, 29, "few"), _cells(1, 200, "flat").assign(mean_value=12.5)
    fits = fit_spend_models(pd.concat([few, flat, _cells(1, 200, "good")]), origins=["nobody"])
    for origin_id, reason in {
        "few": "too_few_customers",
        "flat": "no_variation",
        "nobody": "no_customers",
    }.items():
        status = _value(fits, origin_id, "fit_status")
        assert (status["note"], status["estimate"]) == (reason, 0.0)
        assert "parameter" not in set(fits[fits["origin_id"] == origin_id]["kind"])
    assert _value(fits, "nobody", "fit_status", "gross_margin")["note"] == "no_customers"
    assert _value(fits, "good", "fit_status")["note"] == "fitted"


def test_not_converging_is_a_refusal(monkeypatch):
    monkeypatch.setattr("cltv.maximum_likelihood.CONVERGED", -1.0)
    assert _value(fit_spend_models(_cells(1, 100)), "o1", "fit_status")["note"] == "not_converged"


def test_no_cells_give_an_empty_typed_table():
    empty = fit_spend_models(_cells(1, 5).head(0))
    assert empty.empty
    assert list(empty.columns) == list(COLUMNS)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("mean_value", 0.0, r"column 'mean_value', row 7: 0 is not above 0"),
        ("mean_value", -4.0, r"column 'mean_value', row 7: -4 is not above 0"),
        ("mean_value", np.nan, r"column 'mean_value', row 7: nan is not a finite number"),
        ("purchase_count", 0, r"column 'purchase_count', row 7: 0 is below 1"),
        ("purchase_count", 1.5, r"column 'purchase_count', row 7: 1.5 is not a whole number"),
        ("customers", 0, r"column 'customers', row 7: 0 is not above 0"),
        ("value_basis", "profit", r"column 'value_basis', row 7: 'profit' is not known"),
        ("value_basis", None, r"column 'value_basis', row 7: is missing"),
    ],
)
def test_bad_rows_are_named(column, value, message):
    bad = _cells(1, 50).astype({column: object})
    bad.loc[7, column] = value
    with pytest.raises(ValueError, match=message):
        fit_spend_models(bad)


def test_missing_columns_and_unknown_options_are_named():
    with pytest.raises(ValueError, match="cells: column 'mean_value' is missing"):
        fit_spend_models(_cells(1, 50).drop(columns="mean_value"))
    with pytest.raises(ValueError, match="method must be"):
        fit_spend_models(_cells(1, 50), method="mcmc")


# ---------- independence


def test_weighted_correlations_are_those_of_the_expanded_customers():
    rng = np.random.default_rng(2)
    count, weight = rng.integers(1, 6, 60).astype(float), rng.integers(1, 5, 60).astype(float)
    mean = np.round(count + rng.normal(5, 2, 60), 0)
    every = np.repeat(np.arange(60), weight.astype(int))
    pearson, spearman = pearsonr(count[every], mean[every]), spearmanr(count[every], mean[every])
    assert weighted_correlation(count, mean, weight) == pytest.approx(pearson.statistic)
    assert rank_correlation(count, mean, weight) == pytest.approx(spearman.statistic)
    rest = np.delete(every, np.flatnonzero(every == np.argmax(mean))[0])
    without = pearsonr(count[rest], mean[rest]).statistic
    assert correlation_without_top(count, mean, weight) == pytest.approx(without)


def test_a_correlation_without_variation_is_missing():
    one = np.ones(5)
    assert np.isnan(weighted_correlation(one, np.arange(5.0), one))
    assert np.isnan(rank_correlation(one, np.arange(5.0), one))
    assert np.isnan(correlation_without_top(one[:0], one[:0], one[:0]))
