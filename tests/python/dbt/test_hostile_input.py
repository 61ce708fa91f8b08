"""Hostile input, case by case: it is refused in one line, or what comes out is right.

The cases are made from the raw contract (see hostile.py), so that a new table brings its own.
Whatever must stop a run is asked of the project's macros directly; every kind of it is asked of dbt
as well, each for another table. Whatever must come out right is proved by two runs.
"""

import shutil
from collections import Counter

import duckdb
import pytest

from tests.python.dbt import hostile
from tests.python.dbt.harness import ASK, FOLDER, run_dbt
from tests.python.dbt.hostile import (
    CONTRACT,
    DIALECTS,
    FILE_DAMAGES,
    ROW_CASES,
    TABLES,
    each_table,
)
from tools.contract import Macros, StopError
from tools.preflight import open_raw, preflight

ALL = {"crm_tables": list(TABLES)}


def name_of(case):
    return getattr(case, "__name__", str(case)[:40])


# ---------- files that nobody can read


@pytest.fixture
def ask_dbt(tmp_path):
    """Runs the checks alone, in dbt; returns the lines that were said."""

    def ask(variables):
        said = run_dbt(tmp_path, FOLDER, *ASK, "check_inputs", **variables)
        assert "Traceback" not in said.output
        lines = [line.strip() for line in said.output.splitlines() if "crm_cltv: " in line]
        assert said.code == (1 if lines else 0), said.output
        return lines

    return ask


def said_by_macros(variables):
    """The line with which the project's macros stop, without Python's own looks at files."""
    with duckdb.connect() as connection:
        with pytest.raises(StopError) as stopped:
            Macros(variables, connection).check_inputs()
    return str(stopped.value)


@pytest.mark.parametrize(("damage", "table"), each_table(FILE_DAMAGES), ids=name_of)
def test_a_damaged_file_is_refused_in_one_line(damage, table, tmp_path):
    folder = tmp_path / "crm"
    line = hostile.damaged_folder(folder, table, damage)
    variables = {"raw_folder": str(folder), "crm_tables": [table]}
    assert "\n" not in line
    assert said_by_macros(variables) == line
    with pytest.raises(StopError) as stopped:
        preflight(variables)
    assert str(stopped.value) == line


@pytest.mark.parametrize("number", range(len(FILE_DAMAGES)), ids=lambda n: FILE_DAMAGES[n].__name__)
def test_dbt_says_the_same_line(number, ask_dbt, tmp_path):
    folder = tmp_path / "crm"
    table = TABLES[number % len(TABLES)]
    line = hostile.damaged_folder(folder, table, FILE_DAMAGES[number])
    assert ask_dbt({"raw_folder": str(folder), "crm_tables": [table]}) == [f"crm_cltv: {line}"]


def test_dbt_takes_a_healthy_folder(ask_dbt, tmp_path):
    folder = tmp_path / "crm"
    folder.mkdir()
    for table in TABLES:
        hostile.plain(folder, table, hostile.healthy_rows(table))
    assert ask_dbt({"raw_folder": str(folder), **ALL}) == []


# ---------- variables


DATE_SQL = "2025-01-01'); drop schema cltv_marts; --"
VARIABLES = [
    ({"as_of_dat": "2024-12-31"}, "variable 'as_of_dat' is not known, perhaps as_of_date is meant"),
    ({"raw_foldr": "x"}, "variable 'raw_foldr' is not known, perhaps raw_folder is meant"),
    ({"AS_OF_DATE": "2024-12-31"}, "variable 'AS_OF_DATE' is not known, perhaps as_of_date"),
    ({"currency": "USD"}, "variable 'currency' is not known"),
    ({"x'; drop table y": 1}, "variable 'x'; drop table y' is not known; the names are in"),
    ({"a\nb": 1}, "variable 'a b' is not known"),
    ({"x" * 500: 1}, f"variable '{'x' * 57}...' is not known"),
    ({"as_of_date": ["2024-12-31"]}, "variable as_of_date must be a date YYYY-MM-DD"),
    ({"as_of_date": {"day": 1}}, "variable as_of_date must be a date YYYY-MM-DD"),
    ({"as_of_date": True}, "variable as_of_date must be a date YYYY-MM-DD"),
    ({"as_of_date": DATE_SQL}, "variable as_of_date must be a date YYYY-MM-DD"),
    ({"earliest_plausible_date": DATE_SQL}, "variable earliest_plausible_date must be a date"),
    ({"reporting_currency": "EUR' or '1' = '1"}, "variable reporting_currency must be a currency"),
    ({"reporting_currency": None}, "variable reporting_currency must be a currency"),
    ({"business_timezone": "UTC'; select 1"}, "variable business_timezone must be a time zone's"),
    (
        {"business_timezone": "Europe/Atlantis"},
        "variable business_timezone names 'Europe/Atlantis'",
    ),
    ({"rate_valid_days": "1 or 1 = 1"}, "variable rate_valid_days must be a whole number"),
    ({"rate_valid_days": 4000}, "variable rate_valid_days must be at most 3650"),
    ({"fallback_margin_rate": "0.4); --"}, "variable fallback_margin_rate must be a share"),
    ({"identity_max_ids_per_email": [5]}, "variable identity_max_ids_per_email must be a whole"),
    ({"fit_method": "map; drop"}, "variable fit_method must be one of map, mle"),
    ({"purchase_model": {"a": 1}}, "variable purchase_model must be one of ensemble"),
    ({"spend_purchases": 1}, "variable spend_purchases must be one of all, repeat"),
    ({"raw_crm_schema": 'crm"; drop schema x'}, "variable raw_crm_schema must be the name of"),
    ({"raw_crm_database": "a/b"}, "variable raw_crm_database must be the name of a database"),
    ({"raw_folder": "crm*"}, "variable raw_folder must be the path of a folder"),
    ({"raw_folder": "crm\nsecond line"}, "variable raw_folder must be the path of a folder"),
    ({"raw_folder": "no folder'; drop table x"}, "folder no folder'; drop table x does not exist"),
    ({"raw_folder": 7}, "folder 7 does not exist or is empty; correct the variable raw_folder"),
    ({"crm_tables": [["orders"]]}, "variable crm_tables names '['orders']', which is no table"),
    ({"crm_tables": [None, 3]}, "variable crm_tables names 'None', which is no table"),
    ({"crm_tables": ["orders'; drop"]}, "variable crm_tables names 'orders'; drop', which is no"),
    ({"crm_tables": True}, "variable crm_tables must be the word all or a list of table names"),
]


@pytest.mark.parametrize(("variables", "beginning"), VARIABLES, ids=name_of)
def test_a_hostile_variable_is_refused_in_one_line(variables, beginning, ask_dbt):
    line = said_by_macros(variables)
    assert line.startswith(beginning)
    assert "\n" not in line
    with pytest.raises(StopError) as stopped:
        preflight(variables)
    assert str(stopped.value) == line
    assert ask_dbt(variables) == [f"crm_cltv: {line}"]


# ---------- files that are unusual, and read all the same


@pytest.mark.parametrize(("dialect", "table"), each_table(DIALECTS), ids=name_of)
def test_an_unusual_file_reads_like_a_plain_one(dialect, table, tmp_path):
    rows = hostile.healthy_rows(table)[: hostile.HEALTHY]
    columns = [column["name"] for column in CONTRACT[table]["columns"]]
    with duckdb.connect() as connection:
        for other in {"customers", "orders"} - {table}:
            hostile.plain(tmp_path, other, hostile.healthy_rows(other))
        dialect(tmp_path, table, rows)
        macros = open_raw(connection, {"raw_folder": str(tmp_path), "crm_tables": [table]})
        macros.check_inputs()
        query = macros.typed_crm_rows(table)
        found = connection.execute(f"select {', '.join(columns)} from ({query})").fetchall()
        repaired = connection.execute(
            f"select raw_failures from ({query}) where raw_failures is not null"
        ).fetchall()
        # the same rows from a plain file
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        for other in {"customers", "orders"} - {table}:
            hostile.plain(tmp_path, other, hostile.healthy_rows(other))
        hostile.plain(tmp_path, table, rows)
        macros.check_inputs()
        query = macros.typed_crm_rows(table)
        expected = connection.execute(f"select {', '.join(columns)} from ({query})").fetchall()
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert len(found) == hostile.HEALTHY
    assert repaired == []


@pytest.mark.scenario("hostile_files")
class TestUnusualFilesInOneFolder:
    def test_the_run_passes_with_its_tests(self, run):
        assert run.code == 0, run.output
        assert "Traceback" not in run.output

    @pytest.mark.parametrize("table", TABLES)
    def test_every_row_is_accepted(self, run, table):
        rows = len(hostile.healthy_rows(table))
        assert reconciled(run, table) == {"raw_rows": rows, "accepted_rows": rows}


# ---------- damaged rows


def reconciled(run, table):
    """What became of a table's rows, without what did not occur."""
    with duckdb.connect(str(run.database), read_only=True) as connection:
        result = connection.execute(
            f"select * from cltv_marts.dq_row_reconciliation where table_name = '{table}'"
        )
        row = dict(
            zip([column[0] for column in result.description], result.fetchone(), strict=True)
        )
    assert row.pop("table_name") == table
    return {name: count for name, count in row.items() if count}


@pytest.fixture(scope="module")
def outcome(runs):
    """What the one run made of the damaged rows: rejected, repaired and accepted ones."""
    run = runs("hostile_rows")
    assert run.code == 0, run.output
    rejected = run.rows(
        "select table_name, record_key, reason_code, row_payload from cltv_marts.dq_rejected_rows"
    )
    repaired = run.rows(
        "select table_name, record_key, rule_code, column_name from cltv_marts.dq_repaired_rows"
    )
    return run, rejected, repaired


def base_rows(run, case):
    """The column of a case in its base table, with what became of the row."""
    key = " and ".join(
        f"cast({name} as varchar) = '{value}'"
        for name, value in zip(
            CONTRACT[case.table]["key"],
            [case.rows[0][name] for name in CONTRACT[case.table]["key"]],
            strict=True,
        )
    )
    return run.rows(
        f"select cast({case.column} as varchar), row_status, reject_reason "
        f"from cltv_staging.base_crm__{case.table} where {key}"
    )


@pytest.mark.scenario("hostile_rows")
@pytest.mark.parametrize("case", ROW_CASES, ids=str)
def test_a_damaged_row_ends_where_it_should(case, outcome):
    run, rejected, repaired = outcome
    in_key = case.column in CONTRACT[case.table]["key"]
    if case.becomes == "accepted":
        assert base_rows(run, case) == [(case.reads, "accepted", None)]
    elif case.becomes == "unreadable_optional_value":
        assert base_rows(run, case) == [(None, "accepted", None)]
        assert (case.table, case.key, case.becomes, case.column) in repaired
    elif case.becomes == "bad_value":
        # what could not be read is in the payload, whatever became of the key
        text = f"{case.column}={case.value}"
        found = [row for row in rejected if row[0] == case.table and text in row[3]]
        assert [row[2] for row in found] == ["bad_value"]
        assert in_key or found[0][1] == case.key
    elif case.becomes == "missing_key":
        found = [row for row in rejected if row[0] == case.table and row[2] == "missing_key"]
        assert len(found) == 1
    else:
        found = [row[2] for row in rejected if row[:2] == (case.table, case.key)]
        assert found == [case.becomes]
        if case.damage == "twice the same":
            assert Counter(row[1] for row in base_rows(run, case)) == {"accepted": 1, "rejected": 1}


@pytest.mark.scenario("hostile_rows")
@pytest.mark.parametrize("table", TABLES)
def test_every_damaged_row_is_accounted_for(table, outcome):
    counts = reconciled(outcome[0], table)
    raw = counts.pop("raw_rows")
    assert raw == len(hostile.rows_with_damage(table))
    assert raw == sum(counts.values())
    lost = ("accepted", "unreadable_optional_value")
    expected = sum(case.table == table and case.becomes not in lost for case in ROW_CASES)
    assert counts["rejected_rows"] == expected


def test_there_are_cases_enough():
    assert len(ROW_CASES) + len(FILE_DAMAGES) * len(TABLES) + len(VARIABLES) >= 100
    assert {case.table for case in ROW_CASES} == set(TABLES)
