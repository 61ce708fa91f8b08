"""The one command: options become variables, and whatever is wrong is one line."""

import argparse
import os
import subprocess
import sys

import pytest

from tools.build import first_error, main, tables_in_folder, variables
from tools.contract import built_tables
from tools.paths import ROOT, demo_file


def options(**given):
    return argparse.Namespace(**{"raw": "", "raw_schema": "", "as_of": "", "vars": "", **given})


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "our crm"
    made.mkdir()
    for name in ("customers.csv", "orders.parquet", "refunds.CSV.gz", "invoices.csv", "notes.txt"):
        (made / name).touch()
    return made


def test_the_tables_are_read_from_the_macro_that_lists_them():
    tables = built_tables()
    assert {"customers", "orders", "order_lines", "exchange_rates"} <= set(tables)
    assert {file.stem for file in (ROOT / "seeds" / "crm").glob("*.csv")} < set(tables)
    assert all(demo_file(table).exists() for table in tables)
    assert len(tables) == len(set(tables))


def test_the_tables_of_a_folder_are_the_files_named_after_the_contract(folder):
    (folder / "Products.csv").touch()
    (folder / "products.xlsx").touch()
    assert tables_in_folder(folder) == (
        ["customers", "orders", "refunds"],
        [
            "Products.csv belongs to no table and is not read; perhaps products.csv is meant",
            "invoices.csv belongs to no table and is not read",
            "products.xlsx belongs to no table and is not read; perhaps products.csv is meant",
        ],
    )


def test_the_tables_that_are_there_are_switched_on_and_other_files_are_named(folder, capsys):
    values = variables(options(raw=str(folder)))
    assert values == {
        "raw_folder": str(folder),
        "crm_tables": ["customers", "orders", "refunds"],
    }
    (note,) = capsys.readouterr().out.splitlines()
    assert note == "note: invoices.csv belongs to no table and is not read"


def test_a_choice_of_tables_in_vars_wins_over_the_folder(folder):
    values = variables(options(raw=str(folder), vars="{crm_tables: [refunds]}"))
    assert values["crm_tables"] == ["refunds"]


def test_options_become_variables():
    values = variables(options(raw_schema="our_crm", as_of="2024-03-31", vars="fit_method: mle"))
    assert values == {
        "raw_crm_schema": "our_crm",
        "as_of_date": "2024-03-31",
        "fit_method": "mle",
    }


@pytest.mark.parametrize("written", ["2024-03-31", "'2024-03-31'", "", "''"])
def test_what_is_said_twice_may_be_the_same_or_nothing(written, folder):
    values = f"{{as_of_date: {written}, raw_folder: {folder}/../{folder.name}}}"
    given = options(raw=str(folder), as_of="2024-03-31", vars=values)
    assert variables(given)["as_of_date"] == "2024-03-31"
    assert variables(given)["raw_folder"] == str(folder)


def test_without_options_there_are_no_variables():
    assert variables(options()) == {}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--raw", "no_such_folder"], "no_such_folder is not a folder; give the folder that holds"),
        (["--vars", "fit_method: [mle"], "VARS is not YAML"),
        (["--vars", "mle"], "VARS must be a YAML mapping such as"),
        (["--vars", "[mle]"], "VARS must be a YAML mapping such as"),
        (
            ["--as-of", "2025-01-31", "--vars", "{as_of_date: 2024-12-31}"],
            "AS_OF=2025-01-31 contradicts as_of_date: 2024-12-31 in VARS; give it in one place",
        ),
        (
            ["--raw-schema", "crm", "--vars", "{raw_crm_schema: our_crm}"],
            "RAW_SCHEMA=crm contradicts raw_crm_schema: our_crm in VARS; give it in one place",
        ),
        (
            ["--raw", "/", "--vars", "{raw_folder: /tmp}"],
            "RAW=/ contradicts raw_folder: /tmp in VARS; give it in one place only",
        ),
    ],
    ids=["no folder", "no YAML", "a word", "a list", "two dates", "two schemas", "two folders"],
)
def test_wrong_options_are_refused_in_one_line_before_anything_runs(arguments, line, capsys):
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("crm_cltv: ") and line in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("value", ["{as_of_date: 2025-06-30}", "{as_of_date: '2025-06-30'}"])
def test_a_date_without_quotes_is_the_same_date(value, tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", Recorder)
    main(["--vars", value])
    assert '{"as_of_date": "2025-06-30"}' in Recorder.command


class Recorder:
    """Stands in for dbt: remembers how it was called, and fails."""

    def __init__(self, command, **_):
        type(self).command = command
        self.stdout, self.returncode = [], 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_the_projects_own_message_is_found_in_what_dbt_said():
    log = (
        "12:00:00  Encountered an error:\n"
        "\x1b[31mCompilation Error in model base_crm__orders\x1b[0m\n"
        "  crm_cltv: required table 'orders' is not in folder x; load it\n"
        "  > in macro stop (macros/sources/variables.sql)\n"
    )
    assert first_error(log) == "crm_cltv: required table 'orders' is not in folder x; load it"
    assert first_error("12:00:00  Done.\n") is None


def test_a_build_that_fails_says_why_last_and_leaves_the_publication(tmp_path):
    store = tmp_path / ".publications" / "before"
    store.mkdir(parents=True)
    (tmp_path / "exports").symlink_to(store)
    finished = subprocess.run(
        [sys.executable, "-m", "tools.build", "--as-of", "yesterday"],
        cwd=ROOT,
        env={
            **os.environ,
            "CRM_CLTV_DUCKDB_PATH": str(tmp_path / "build.duckdb"),
            "CRM_CLTV_EXPORTS": str(tmp_path / "exports"),
            "DBT_TARGET_PATH": str(tmp_path / "target"),
            "DBT_LOG_PATH": str(tmp_path / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode != 0
    assert [line for line in finished.stderr.splitlines() if line] == [
        "crm_cltv: variable as_of_date must be a date YYYY-MM-DD, got 'yesterday'; "
        "set it with --vars or in dbt_project.yml",
        "crm_cltv: the build failed; the last publication is untouched",
    ]
    assert "Traceback" not in finished.stdout + finished.stderr
    assert (tmp_path / "exports").resolve() == store
