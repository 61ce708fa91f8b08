"""No test of the project takes the defaults for granted: other settings fail no sound build."""

import json
import re
import shutil

import pytest
import yaml

from tests.python.dbt.harness import DEMO, ROOT, run_dbt

DEFAULTS = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
# far from the defaults, so that an expectation that rests on one of them is missed
SETTINGS = {
    "as_of_date": "2024-12-31",
    "business_timezone": "Asia/Tokyo",
    "reporting_currency": "USD",
    "earliest_plausible_date": "2024-01-20",
    "rate_valid_days": 3,
    "fallback_margin_rate": 0.4,
    "identity_max_ids_per_email": 1,
    "identity_keep_apart": ["C1", "C2"],
    "run_rate_floor_days": 180,
    "annual_discount_rate": 0.08,
    "minimum_cell_customers": 500,
    "business_model": "subscription",
    "industry": "coffee",
    "purchase_model": "pareto_nbd",
    "prediction_by_group": "never",
    "max_exact_cells": 1,
    "prediction_minimum_customers": 200,
    "backtest_origins": 6,
    "backtest_customers": 100,
}
# nothing that was planted is found or lost by these
NO_MATTER_TO_THE_DEMO = {
    "raw_crm_database",  # never without raw_crm_schema
    "run_rate_floor_days",
    "annual_discount_rate",
    "business_model",
    "industry",
    "challenger",  # stands beside the others, and so does one's own model
    "own_prediction_model",
}


@pytest.mark.scenario("demo")
def test_unit_tests_pass_whatever_is_set(demo, tmp_path):
    # they ask the database for the types of columns alone; what was built is left as it is
    shutil.copy(demo.database, tmp_path / demo.database.name)
    # read with the defaults, which decide nothing here: unit tests are compiled when they run
    said = run_dbt(tmp_path, DEMO, "test", "--select", "test_type:unit", **SETTINGS)
    assert said.code == 0, said.output
    results = json.loads((said.target / "run_results.json").read_text())["results"]
    passed = {one["unique_id"] for one in results if one["status"] == "pass"}
    assert demo.manifest["unit_tests"]
    assert set(demo.manifest["unit_tests"]) - passed == set()


def rested_on():
    """What decides whether the demo's own tests are on: variable → the default written there."""
    macro = (ROOT / "macros" / "tests" / "demo.sql").read_text()
    written = re.findall(r"_rest_on = (\{.*?\}) -%\}", macro, flags=re.DOTALL)
    assert len(written) == 2
    return {name: value for part in written for name, value in yaml.safe_load(part).items()}


def test_the_demo_is_as_planted_with_the_defaults_of_the_project():
    found = rested_on()
    assert found == {name: DEFAULTS[name] for name in found}


def test_every_variable_either_matters_to_the_demo_or_does_not():
    assert sorted([*rested_on(), *NO_MATTER_TO_THE_DEMO]) == sorted(DEFAULTS)


@pytest.mark.scenario("demo")
def test_with_the_defaults_all_of_the_demos_own_tests_run(demo):
    run = {
        node["original_file_path"]
        for node in demo.manifest["nodes"].values()
        if node["resource_type"] == "test"
    }
    own = {str(file.relative_to(ROOT)) for file in (ROOT / "tests" / "demo").glob("*.sql")}
    assert own
    assert own - run == set()


@pytest.mark.parametrize(
    ("variables", "rows", "figures"),
    [
        ({}, True, True),
        ({"as_of_date": None, "annual_discount_rate": 0.08, "industry": "coffee"}, True, True),
        ({"purchase_model": "bg_nbd"}, True, False),
        ({"reporting_currency": "USD"}, False, False),
        ({"crm_tables": ["refunds"]}, False, False),
    ],
    ids=str,
)
def test_the_demos_own_tests_are_off_where_it_is_not_as_planted(tmp_path, variables, rows, figures):
    asked = "asked: {{ demo_is_as_planted() }} {{ demo_is_as_planted(figures=true) }}"
    said = run_dbt(tmp_path, DEMO, "compile", "--inline", asked, **variables)
    assert said.code == 0, said.output
    assert f"asked: {rows} {figures}" in said.output


def test_each_of_the_demos_own_tests_asks():
    for file in (ROOT / "tests" / "demo").glob("*.sql"):
        assert "{{ config(enabled=demo_is_as_planted(" in file.read_text(), file.name
