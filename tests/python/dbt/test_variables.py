"""Every variable is checked before anything runs; one line says what is wrong and what is right."""

import pytest
import yaml

from tests.python.dbt.harness import ASK, DEMO, ROOT, raw_contract, run_dbt
from tests.python.dbt.scenarios import HOSTILE_DATE

VARIABLES = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
SET_IT = "; set it with --vars or in dbt_project.yml"
ARABIC_DATE = "2025-01-0\u0661"  # the last digit is one in Arabic, and none to the database


def count(least):
    return f"a whole number of at least {least}"


def one_of(*words):
    return f"one of {', '.join(words)}"


# variable → what it must be, and values that are not
MUST_BE = {
    "as_of_date": ("a date YYYY-MM-DD", ["yesterday", "2025-1-1", HOSTILE_DATE, ARABIC_DATE]),
    "earliest_plausible_date": ("a date YYYY-MM-DD", ["", "1990", "1990-01-01' or 'a' = 'a"]),
    "business_timezone": (
        "a time zone's name such as UTC or Europe/Berlin",
        ["", "Europe/Berlin'", "UTC; drop table x"],
    ),
    "reporting_currency": ("a currency code of three capital letters", ["", "eur", "EURO", "EU'"]),
    "rate_valid_days": (count(0), ["ten", -1, 2.5, "", "10; drop table x"]),
    "fallback_margin_rate": (
        "a share of net sales between -1 and 1 such as 0.4, or empty",
        ["half", "40%", 1.5, -1.2, 40, "0.4, 1"],
    ),
    "identity_max_ids_per_email": (count(1), ["five", 0, -1]),
    "fit_method": (one_of("map", "mle"), ["bayes", "", "map|mle"]),
    "purchase_model": (
        one_of("ensemble", "bg_nbd", "mbg_nbd", "pareto_nbd", "mbg_cnbd_k"),
        ["bgnbd", "", "bg_nbd'"],
    ),
    "prediction_by_group": (one_of("auto", "always", "never"), ["yes", "", "auto'"]),
    "annual_discount_rate": (
        "a yearly rate from 0.0 to 9.999999 such as 0.1",
        ["ten", "10%", -0.1, 10, "", "0.1; drop table x"],
    ),
    "business_model": (
        "a word of the column business_model of the seed benchmarks such as all or subscription",
        ["", "Retail", "all' or 'a' = 'a"],
    ),
    "industry": ("a word of the column industry of the seed benchmarks such as all", ["", "all'"]),
    "spend_purchases": (one_of("all", "repeat"), ["none", "", "all'"]),
    "max_exact_cells": (count(1), ["many", 0, 1.5e6]),
    "run_rate_floor_days": (count(1), ["year", 0]),
    "minimum_cell_customers": (count(1), ["few", 0, 2.5, ""]),
    "prediction_minimum_customers": (count(2), ["all", 1]),
    "prediction_minimum_repeaters": (count(1), ["some", 0]),
    "prediction_minimum_days": (count(1), ["some", 0]),
    "prediction_maximum_silence_days": (count(1), ["some", 0]),
    "own_prediction_model": (
        "the name of a dbt model (small letters, digits, underscores), or empty",
        ["our model", "x'; drop table y"],
    ),
    "challenger": (one_of("none", "boosted"), ["xgboost", "", True]),
    "backtest_origins": (count(0), ["all", -1]),
    "backtest_customers": (count(100), ["all", 99]),
    "raw_crm_schema": ("the name of a schema (letters, digits, underscores)", ["a b", "crm; drop"]),
    "raw_crm_database": (
        "the name of a database (letters, digits, underscores)",
        ["a.b", 'x"; drop schema y'],
    ),
}
REFUSED = [
    *(
        (
            {name: value},
            f"variable {name} must be {meaning}, got '{str(value)[:60]}'{SET_IT}",
        )
        for name, (meaning, values) in MUST_BE.items()
        for value in values
    ),
    *(
        (
            {name: value},
            f"variable {name} must be a date that exists, got '{value}'{SET_IT}",
        )
        for name in ("as_of_date", "earliest_plausible_date")
        for value in (
            "2025-02-30",
            "2023-02-29",
            "1900-02-29",
            "2025-13-01",
            "2025-00-10",
            "0000-01-01",
        )
    ),
    *(
        (
            {"crm_tables": value},
            f"variable crm_tables must be the word all or a list of table names, got '{shown}'",
        )
        for value, shown in [
            ("orders", "orders"),
            ({"orders": True}, "{'orders': True}"),
            (5, "5"),
            (None, "None"),
        ]
    ),
    (
        {"crm_tables": ["refunds", "invoices"]},
        "variable crm_tables names 'invoices', which is no table of the raw contract; it knows: "
        + ", ".join(raw_contract()),
    ),
    *(
        (
            {"identity_keep_apart": value},
            f"variable identity_keep_apart must be a list of customer ids, got '{value}'",
        )
        for value in ("C1", 5, {"C1": True}, None)
    ),
    *(
        (
            {"identity_keep_apart": ["C1", value]},
            f"variable identity_keep_apart must hold customer ids as texts, got '{value}'; "
            "put ids that look like numbers in quotes",
        )
        for value in (17, None, "")
    ),
    (
        {"backtest_origins": 37},
        "variable backtest_origins must be at most 36: three years of monthly origins",
    ),
    *(
        (
            {"own_prediction_model": value},
            f"variable own_prediction_model names '{value}', which the back-test calls one of its "
            "own; give your model another name",
        )
        for value in ("run_rate", "ensemble", "recency", "boosted")
    ),
    (
        {"raw_folder": "a folder", "raw_crm_schema": "our_crm"},
        "variables raw_folder and raw_crm_schema are both set; the raw tables come from one place, "
        "so leave one empty",
    ),
    (
        {"raw_crm_database": "warehouse"},
        "variable raw_crm_database is set without raw_crm_schema; name the schema too, or leave "
        "both empty",
    ),
]
ACCEPTED = [
    {},
    {"as_of_date": "2024-02-29"},
    {"as_of_date": " 2025-06-30 "},
    {"as_of_date": None},
    {"fallback_margin_rate": 0.4},
    {"fallback_margin_rate": -0.25},
    {"fallback_margin_rate": 1},
    {"fallback_margin_rate": 0},
    {"annual_discount_rate": 0},
    {"annual_discount_rate": ".05"},
    {"backtest_origins": 0},
    {"rate_valid_days": "7"},
    {"crm_tables": []},
    {"crm_tables": ["order_lines", "consents"]},
    {"business_timezone": "America/Argentina/Buenos_Aires"},
    {"business_timezone": "Etc/GMT+5"},
    {"raw_crm_schema": "our_crm", "raw_crm_database": "warehouse"},
]


@pytest.fixture
def check(tmp_path):
    """Runs the checks alone; returns dbt's exit code and what was said."""

    def check(variables):
        said = run_dbt(tmp_path, DEMO, *ASK, "check_variables", **variables)
        return said.code, said.output

    return check


@pytest.mark.parametrize(("variables", "line"), REFUSED, ids=[str(case[0]) for case in REFUSED])
def test_a_wrong_value_is_refused_in_one_line(check, variables, line):
    code, said = check(variables)
    assert code == 1, said
    lines = [text.strip() for text in said.splitlines() if "crm_cltv: " in text]
    assert lines == [f"crm_cltv: {line}"], said
    assert "Traceback" not in said


@pytest.mark.parametrize("variables", ACCEPTED, ids=str)
def test_a_right_value_is_taken(check, variables):
    code, said = check(variables)
    assert code == 0, said


def test_a_long_value_is_cut_short_in_the_message(check):
    _, said = check({"fit_method": "x" * 500 + "\n" * 3})
    (line,) = (text.strip() for text in said.splitlines() if "crm_cltv: " in text)
    assert line.startswith("crm_cltv: variable fit_method must be one of map, mle, got 'xxx")
    assert len(line) < 200


def test_every_variable_has_a_wrong_value_here():
    tried = {name for variables, _ in REFUSED for name in variables}
    assert tried == set(VARIABLES)
