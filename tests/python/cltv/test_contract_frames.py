"""Contracts on tables: columns, status codes, curves."""

import numpy as np
import pandas as pd
import pytest

from cltv.contract import (
    FIT_COLUMNS,
    SURVIVAL_COLUMNS,
    BetaDiscreteWeibull,
    ShiftedBetaGeometric,
    contract_survival,
    fit_contract_model,
    fit_contract_models,
)

COLUMNS = ("tenure_months", "is_lost", "contracts")
STATUS = {
    "basic": "fitted",
    "few": "too_few_contracts",
    "loyal": "nobody_has_left",
    "rare": "too_few_lost_contracts",
}


def _plan(name, rows):
    return pd.DataFrame(rows, columns=COLUMNS).assign(plan=name)


@pytest.fixture(scope="module")
def tenures():
    """A plan that can be fitted, and three that cannot."""
    rng = np.random.default_rng(3)
    loss = rng.beta(1.2, 8.0, 400)
    lived = np.array([rng.geometric(p) for p in loss])
    seen = rng.integers(0, 24, 400)
    good = pd.DataFrame(
        {"tenure_months": np.minimum(lived, seen), "is_lost": lived <= seen, "plan": "basic"}
    )
    good = good.groupby(["plan", "tenure_months", "is_lost"], as_index=False).size()
    return pd.concat(
        [
            good.rename(columns={"size": "contracts"}),
            _plan("few", [(3, True, 9), (6, False, 10)]),
            _plan("loyal", [(3, False, 90), (0, False, 10)]),
            _plan("rare", [(3, True, 9), (6, False, 300)]),
        ],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def fits(tenures):
    return fit_contract_models(tenures)


def test_every_plan_and_model_has_one_status(fits):
    assert list(fits.columns) == list(FIT_COLUMNS)
    status = fits[fits["kind"] == "status"].set_index(["plan", "model_name"])
    assert status["note"].to_dict() == {
        (plan, model): note for plan, note in STATUS.items() for model in ("sbg", "bdw")
    }
    assert (status["estimate"] == (status["note"] == "fitted")).all()
    parameters = fits[fits["kind"] == "parameter"]
    assert set(parameters["plan"]) == {"basic"}
    assert parameters["name"].tolist() == ["alpha", "beta", "gamma", "delta", "c"]
    assert (parameters["lower_95"] < parameters["estimate"]).all()
    assert (parameters["upper_95"] > parameters["estimate"]).all()


def test_a_plan_that_is_pinned_down_is_not_on_the_boundary(fits):
    edge = fits[fits["name"] == "on_boundary"]
    assert edge["plan"].tolist() == ["basic", "basic"]
    assert edge["estimate"].tolist() == [0.0, 0.0]
    assert all(note is None for note in edge["note"])


def test_refusals_say_what_is_known(fits):
    rare = fits[(fits["plan"] == "rare") & (fits["model_name"] == "sbg")]
    known = rare[rare["kind"] == "diagnostic"].set_index("name")["estimate"]
    assert known.to_dict() == {
        "contracts": 309,
        "lost_contracts": 9,
        "renewals": 9 * 3 + 300 * 6,
        "longest_tenure_months": 6,
    }


@pytest.mark.parametrize("model", [ShiftedBetaGeometric(), BetaDiscreteWeibull()])
def test_parameters_are_those_of_the_fit(tenures, fits, model):
    part = tenures[tenures["plan"] == "basic"]
    fit = fit_contract_model(model, *(part[name] for name in COLUMNS))
    rows = fits[(fits["model_name"] == model.name) & (fits["kind"] == "parameter")]
    assert dict(zip(rows["name"], rows["estimate"], strict=True)) == pytest.approx(fit.params)


def test_results_do_not_depend_on_the_order_of_rows(tenures, fits):
    mixed = tenures.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(fit_contract_models(mixed), fits)
    pd.testing.assert_frame_equal(contract_survival(mixed, fits), contract_survival(tenures, fits))


def test_curves_go_on_beyond_what_was_seen(tenures, fits):
    curves = contract_survival(tenures, fits, horizon=36)
    assert {name: str(kind) for name, kind in curves.dtypes.items()} == SURVIVAL_COLUMNS
    longest = tenures.groupby("plan")["tenure_months"].max()
    for plan, curve in curves.groupby("plan"):
        assert curve["tenure_months"].tolist() == list(range(longest[plan] + 37))
        extrapolated = curve["tenure_months"] > longest[plan]
        assert (curve["is_extrapolated"] == extrapolated).all()
        assert (curve["observed_survival"].isna() == extrapolated).all()
        assert (curve.loc[extrapolated, "contracts_at_risk"] == 0).all()
        first = curve.iloc[0]
        contracts = tenures.loc[tenures["plan"] == plan, "contracts"].sum()
        assert (first["contracts_at_risk"], first["observed_survival"]) == (contracts, 1.0)
        for model in ("sbg", "bdw"):
            modelled = curve[f"{model}_survival"]
            assert modelled.isna().all() if plan != "basic" else modelled.between(0, 1).all()
            assert set(curve[f"{model}_fit_status"]) == {STATUS[plan]}


def test_models_follow_what_was_seen(tenures, fits):
    curve = contract_survival(tenures, fits).query("plan == 'basic' and not is_extrapolated")
    for model in ("sbg", "bdw"):
        apart = (curve[f"{model}_survival"] - curve["observed_survival"]).abs()
        assert (apart[curve["contracts_at_risk"] >= 50] < 0.05).all()


def test_no_contracts_give_typed_empty_tables(tenures, fits):
    nothing = tenures.iloc[:0]
    empty = fit_contract_models(nothing)
    assert list(empty.columns) == list(FIT_COLUMNS)
    assert not len(empty)
    curves = contract_survival(nothing, empty)
    assert {name: str(kind) for name, kind in curves.dtypes.items()} == SURVIVAL_COLUMNS


def test_a_plan_without_a_fit_still_has_its_observed_curve(tenures, fits):
    curves = contract_survival(tenures, fits.iloc[:0], horizon=0)
    assert curves["sbg_survival"].isna().all()
    assert curves["observed_survival"].notna().all()
    assert curves["bdw_fit_status"].isna().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plan": None}, "column 'plan', row 2: is missing"),
        ({"tenure_months": -1}, "column 'tenure_months', row 2: -1 is negative"),
        ({"contracts": 0}, "column 'contracts', row 2: 0 is not above 0"),
    ],
)
def test_impossible_rows_are_named(tenures, change, message):
    broken = tenures.astype({"plan": object}).copy()
    for name, value in change.items():
        broken.loc[2, name] = value
    with pytest.raises(ValueError, match=message):
        fit_contract_models(broken)


def test_wrong_options_are_named(tenures, fits):
    with pytest.raises(ValueError, match="'contracts' is missing"):
        fit_contract_models(tenures.drop(columns="contracts"))
    with pytest.raises(ValueError, match="unknown contract model 'weibull'"):
        fit_contract_models(tenures, models=("weibull",))
    with pytest.raises(ValueError, match="method"):
        fit_contract_models(tenures, method="guess")
    with pytest.raises(ValueError, match="horizon"):
        contract_survival(tenures, fits, horizon=-1)
    with pytest.raises(ValueError, match="unknown contract model 'weibull'"):
        contract_survival(tenures, fits.replace({"model_name": {"sbg": "weibull"}}))
    with pytest.raises(ValueError, match="'alpha' is missing"):
        contract_survival(tenures, fits[fits["name"] != "alpha"])
