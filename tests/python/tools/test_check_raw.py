"""The check of one's own tables, and what `make build` knows before dbt has started."""

import os
import shlex
import time

import duckdb
import pytest
import yaml

from tools import build, check_raw, preflight
from tools.contract import StopError, raw_contract
from tools.paths import ROOT

ORDERS = (
    "order_id,customer_id,ordered_at,total_amount,updated_at\n1,A1,2024-01-05,10.00,2024-01-05\n"
)
CUSTOMERS = "customer_id,email,birth_date\nA1,ann@example.org,1980-02-01\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A small folder that a build would take."""
    made = tmp_path / "our crm"
    made.mkdir()
    (made / "customers.csv").write_text(CUSTOMERS)
    (made / "orders.csv").write_text(ORDERS)
    for name in ("RAW", "RAW_SCHEMA", "AS_OF", "VARS"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def check(folder, capsys):
    """Runs the check on the folder; returns its exit code and its lines."""

    def check(*arguments):
        code = check_raw.main([*(arguments or ("--raw", str(folder)))])
        said = capsys.readouterr()
        return code, said.out.splitlines() + said.err.splitlines()

    return check


def test_a_folder_that_can_be_built(check):
    code, lines = check()
    assert code == 0
    assert "customers: there, 1 row" in lines
    assert "orders: there, 1 row" in lines
    assert lines[-1].startswith("a build can run: 2 tables are there, ")


def test_what_is_missing_without_a_table_is_said_briefly(check):
    _, lines = check()
    place = lines.index("refunds: missing, optional")
    assert lines[place + 1] == (
        "  note:  without it net revenue is too high: only orders marked as returned are taken "
        "back; off: refunds_and_returns"
    )
    place = lines.index("interactions: missing, optional")
    assert lines[place + 1].endswith("; degraded: engagement, sales_reps_compared, cost_to_serve")
    optional = [name for name, contract in raw_contract().items() if not contract["required"]]
    for table in optional:
        note = lines[lines.index(f"{table}: missing, optional") + 1]
        assert note.startswith("  note:  without it ") and len(note) < 240


def test_a_table_that_is_on_and_missing_is_named_with_the_variable_that_switches_it_off(
    check, folder
):
    code, lines = check("--raw", str(folder), "--vars", "{crm_tables: [refunds]}")
    assert code == 1
    place = lines.index("refunds: missing, optional")
    assert lines[place + 2] == (
        f"  error: table 'refunds' is switched on but not in folder {folder}; load it, or leave "
        "it out of the variable crm_tables"
    )
    assert len("\n".join(lines)) < 6000


def test_a_required_table_that_is_missing_is_an_error_with_the_file_that_is_meant(check, folder):
    (folder / "orders.csv").rename(folder / "Orders.csv")
    code, lines = check()
    assert code == 1
    assert (
        "  note:  Orders.csv belongs to no table and is not read; perhaps orders.csv is meant"
        in (lines)
    )
    assert "orders: missing, required" in lines
    assert any(
        line.startswith("  error: required table 'orders' is not in folder")
        and line.endswith("; perhaps Orders.csv is meant, which must be called orders.csv")
        for line in lines
    )
    assert lines[-1] == "crm_cltv: no build can run; mend the 1 error above"


def test_columns_that_are_missing_or_misspelt(check, folder):
    (folder / "orders.csv").write_text(ORDERS.replace("total_amount", "amount_total"))
    code, lines = check()
    assert code == 1
    said = (
        f"table 'orders' in folder {folder} has no column 'total_amount', which is required, "
        "perhaps 'amount_total' is meant; it has: order_id, customer_id, ordered_at, "
        "amount_total, updated_at. Rename or add the column (docs/raw_contract.md)"
    )
    assert f"  error: {said}" in lines
    (folder / "orders.csv").write_text(ORDERS.replace("customer_id", "custmer_id"))
    code, lines = check()
    assert code == 0
    meant = "column custmer_id is not in the contract and is not read; perhaps customer_id is meant"
    assert f"  note:  {meant}" in lines
    assert any("optional columns missing, taken as empty: customer_id, " in line for line in lines)


def test_values_that_cannot_be_read_are_shown_and_personal_ones_are_not(check, folder):
    rows = ["2,A1,31.12.2024,10.00,", '3,A1,12/31/2024,"1,234.50",', "4,,2024-01-01,ann@x.org,"]
    (folder / "orders.csv").write_text(ORDERS + "\n".join(rows) + "\n")
    (folder / "customers.csv").write_text(CUSTOMERS + "A2,ben@example.org,24.12.1980\n")
    code, lines = check()
    assert code == 0
    text = "\n".join(lines)
    assert (
        "  note:  column ordered_at: 2 values not readable as timestamp, such as '12/31/2024', "
        "'31.12.2024'; will be rejected (bad_value); dates are 2024-12-31 or "
        "2024-12-31T09:30:00+01:00"
    ) in lines
    assert "such as '1,234.50', 'xxx@x.xxx'; will be rejected (bad_value); numbers are" in text
    assert "column birth_date: 1 value not readable as date, such as '99.99.9999'; will be" in text
    assert "ann@" not in text and "24.12.1980" not in text


RATES = "rate_date,currency,rate_to_reporting\n"


@pytest.mark.parametrize(
    ("rows", "currency", "said"),
    [
        # rates to EUR, where EUR itself stands for 1
        ("2024-01-01,EUR,1\n2024-01-01,USD,0.92\n2024-01-02,USD,0.93\n", "EUR", ""),
        (
            "2024-01-01,EUR,1\n2024-01-01,USD,0.92\n2024-01-02,USD,0.93\n",
            "USD",
            "lead to another currency than USD: they give 1 USD as 0.92000000; load rates that "
            "lead to USD, or set the variable reporting_currency to the currency that these lead "
            "to (EUR, to judge by its rate of 1)",
        ),
        ("2024-01-01,CHF,1.1\n2024-01-01,USD,0.92\n", "USD", "lead to another currency than USD"),
        (
            "2024-01-01,EUR,1.000\n2024-01-02,EUR,1\n2024-01-02,CHF,1.1\n",
            "USD",
            "seem to lead to EUR, which always has the rate 1, and not to USD; load rates that "
            "lead to USD, or set the variable reporting_currency to the currency that these lead "
            "to; if they do lead to USD, add a row that gives USD the rate 1",
        ),
        # tied to the reporting currency, as its rate of 1 says
        ("2024-01-01,EUR,1\n2024-01-01,USD,1\n", "USD", ""),
        # one odd row among others is dirt, and nobody reads it
        ("2024-01-01,USD,1\n2024-01-02,USD,1\n2024-01-03,USD,0.92\n", "USD", ""),
        # nothing can be seen: no currency has the rate 1
        ("2024-01-01,EUR,1.08\n2024-01-02,EUR,1\n", "USD", ""),
        ("2024-01-01,EUR,\n2024-01-02,EUR,x\n", "USD", ""),
    ],
)
def test_rates_that_lead_to_another_currency_stop_a_build(check, folder, rows, currency, said):
    (folder / "exchange_rates.csv").write_text(RATES + rows)
    variables = f"{{reporting_currency: {currency}}}"
    code, lines = check("--raw", str(folder), "--vars", variables)
    found = [line for line in lines if "the rates of table 'exchange_rates' in" in line]
    assert (code, len(found)) == ((1, 1) if said else (0, 0))
    values = {"raw_folder": str(folder), "crm_tables": ["exchange_rates"]}
    values["reporting_currency"] = currency
    if said:
        assert said in found[0]
        assert lines.index(found[0]) > lines.index(next(x for x in lines if "exchange_r" in x))
        with pytest.raises(StopError, match="lead to"):
            preflight.preflight(values)
    else:
        preflight.preflight(values)


def test_the_demo_is_in_the_currency_that_its_rates_lead_to():
    said = "cannot be built with reporting_currency 'JPY': its exchange rates lead to EUR"
    with pytest.raises(StopError, match=said):
        preflight.preflight({"reporting_currency": "JPY"})
    preflight.preflight({"reporting_currency": "EUR"})
    # without its rates nothing is converted
    preflight.preflight({"reporting_currency": "JPY", "crm_tables": []})


def amounts(*texts):
    """Orders with these amounts, separated by semicolons as where a comma is the decimal sign."""
    lines = [f"{number};A1;2024-01-05;{text};2024-01-05" for number, text in enumerate(texts)]
    return "\n".join([ORDERS.split("\n")[0].replace(",", ";"), *lines]) + "\n"


POINTS = ["12.50"] * 12


@pytest.mark.parametrize(
    "texts",
    [
        ["0,4"],
        ["1.234,50"],
        ["1.234,5678"],
        ["0,925"],
        ["-12,50", "3", "1.234.567,8"],
        # one in ten of whole numbers
        ["12,5"] + ["7"] * 9,
        # fewer, but 1.234 beside 1.234,50 is more than a thousand
        ["12,5", "1.234"] + ["7"] * 30,
        ["12,50", "13,50", "12.50"],
    ],
    ids=str,
)
def test_a_column_with_decimal_commas_stops_a_build(check, folder, texts):
    (folder / "orders.csv").write_text(amounts(*texts))
    code, lines = check()
    assert code == 1
    (line,) = [line for line in lines if "decimal comma" in line]
    assert "table 'orders' in folder" in line
    assert line.endswith("such as 0.4 or 1234.50 (docs/raw_contract.md)")
    with pytest.raises(StopError, match=r"has numbers with a decimal comma: total_amount \('"):
        preflight.preflight({"raw_folder": str(folder), "crm_tables": []})


@pytest.mark.parametrize(
    ("texts", "rejected"),
    [
        (["12,50", *POINTS], 1),
        (["1.234,50", *POINTS], 1),
        # a comma between thousands, or what may be one, is no decimal comma
        (["1,234.50", *POINTS], 1),
        (["1,234"], 1),
        (["1.5"], 0),
        (["12,5"] + ["7"] * 10, 1),
        (["x,5", "1,2,3"], 2),
    ],
    ids=str,
)
def test_a_single_comma_is_a_bad_value_of_its_row(check, folder, texts, rejected):
    (folder / "orders.csv").write_text(amounts(*texts))
    code, lines = check()
    assert code == 0
    found = [line for line in lines if "column total_amount: " in line]
    assert len(found) == bool(rejected)
    if rejected:
        assert f"column total_amount: {rejected} value" in found[0]
        assert "will be rejected (bad_value); numbers are 1234.50: a decimal point" in found[0]
    preflight.preflight({"raw_folder": str(folder), "crm_tables": []})


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column["name"])
        for table in ("orders", "order_lines", "refunds")
        for column in raw_contract()[table]["columns"]
        if column["type"] in ("number", "integer", "money", "price", "quantity", "rate")
    ],
)
def test_decimal_commas_are_seen_in_every_number(folder, table, column):
    names = [one["name"] for one in raw_contract()[table]["columns"]]
    row = ["1,5" if name == column else "" for name in names]
    (folder / f"{table}.csv").write_text(";".join(names) + "\n" + ";".join(row) + "\n")
    said = f"table '{table}' in folder .* with a decimal comma: {column} \\('1,5'\\); export"
    with pytest.raises(StopError, match=said):
        preflight.preflight({"raw_folder": str(folder), "crm_tables": [table]})


def test_values_that_are_not_accepted(check, folder):
    (folder / "orders.csv").write_text(
        ORDERS.replace("\n", ",status\n", 1).rstrip() + ",shipped\n2,A1,2024-01-01,1,,completed\n"
    )
    _, lines = check()
    assert any("column status: 1 value not accepted, such as 'shipped'" in line for line in lines)


def test_a_file_that_cannot_be_read_does_not_hide_the_other_tables(check, folder):
    (folder / "customers.csv").write_bytes(b"customer_id\n\xe9\n")
    (folder / "refunds.parquet").write_text("no Parquet")
    code, lines = check()
    assert code == 1
    assert sum("error: " in line for line in lines) == 2
    assert "orders: there, 1 row" in lines
    assert lines[-1] == "crm_cltv: no build can run; mend the 2 errors above"


def test_damage_inside_a_parquet_file_is_found(check, folder):
    file = folder / "orders.parquet"
    (folder / "orders.csv").unlink()
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select range as order_id, timestamp '2024-01-01' as ordered_at, 1.00 as "
            f"total_amount, now() as synced_at from range(200000)) to '{file}' (format parquet)"
        )
    content = bytearray(file.read_bytes())
    content[4000:9000] = b"\xff" * 5000
    file.write_bytes(content)
    code, lines = check()
    assert code == 1
    assert any("  error: the rows cannot be read" in line for line in lines)


def test_directories_and_files_of_other_kinds_are_named(check, folder):
    (folder / "refunds").mkdir()
    (folder / "products.xlsx").touch()
    (folder / "notes.md").touch()
    _, lines = check()
    assert "  note:  refunds is a directory and is not read; a table is one file" in lines
    meant = "products.xlsx belongs to no table and is not read; perhaps products.csv is meant"
    assert f"  note:  {meant}" in lines
    assert not any("notes.md" in line for line in lines)


@pytest.fixture
def schema(tmp_path, monkeypatch):
    """The two required tables in a schema of an attached file, and the profile that attaches it."""
    file = tmp_path / "their crm.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema our_crm")
        connection.execute("create table our_crm.customers as select '1' as customer_id")
        connection.execute(
            "create table our_crm.orders as select 1 as order_id, date '2024-01-01' as ordered_at, "
            "1.00 as total_amount, now() as synced_at"
        )
        connection.execute(
            "create table our_crm.refunds as select 1 as refund_id, 1 as order_id, 1.00 as amount, "
            "date '2024-01-01' as refunded_at, now() as synced_at"
        )
    profile = (ROOT / "profiles" / "profiles.yml").read_text()
    there = f"[{{path: '{file}', alias: crm_file, read_only: true}}]"
    profile = profile.replace("schema: cltv\n", f"schema: cltv\n      attach: {there}\n", 1)
    (tmp_path / "profiles.yml").write_text(profile)
    monkeypatch.setenv("CRM_CLTV_DUCKDB_PATH", str(tmp_path / "crm_cltv.duckdb"))
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    duckdb.connect(str(tmp_path / "crm_cltv.duckdb")).close()
    return file


def test_a_schema_is_checked_in_the_database_of_the_profile(check, schema):
    with duckdb.connect(str(schema)) as connection:
        connection.execute(
            "alter table our_crm.orders alter total_amount type timestamp using now()::timestamp"
        )
    variables = "{raw_crm_database: crm_file, crm_tables: []}"
    code, lines = check("--raw-schema", "our_crm", "--vars", variables)
    assert code == 1
    (error,) = [line for line in lines if "error: " in line]
    assert error == (
        "  error: column 'total_amount' of table 'orders' in schema our_crm of database crm_file "
        "is of type TIMESTAMP, which cannot become money; export it as money or as text "
        "(docs/raw_contract.md)"
    )


def test_the_next_command_works_as_it_is_printed(check, schema):
    given = "{raw_crm_database: crm_file, business_model: all, identity_keep_apart: ['1', \"a'b\"]}"
    code, lines = check("--raw-schema", "our_crm", "--as-of", "2024-03-31", "--vars", given)
    assert code == 1
    (line,) = [line for line in lines if line.startswith("to build with the tables")]
    command = line.partition(": ")[2]
    assert command.startswith("make build RAW_SCHEMA=our_crm AS_OF=2024-03-31 VARS=")
    _, _, *settings = shlex.split(command)
    values = dict(word.split("=", 1) for word in settings)
    assert yaml.safe_load(values["VARS"]) == {**yaml.safe_load(given), "crm_tables": ["refunds"]}
    code, lines = check(
        "--raw-schema", values["RAW_SCHEMA"], "--as-of", values["AS_OF"], "--vars", values["VARS"]
    )
    assert code == 0, lines
    assert not any(line.startswith("to build with") for line in lines)


@pytest.mark.parametrize(
    ("raw_schema", "variables", "line"),
    [
        (
            "our_crm",
            "{raw_crm_database: crm_flie}",
            "variable raw_crm_database names 'crm_flie', which is no database that is attached; "
            "there are: crm_cltv, crm_file. Attach it in profiles/profiles.yml under this name "
            "(docs/variables.md), or correct the variable",
        ),
        (
            "our_cmr",
            "{raw_crm_database: crm_file}",
            "there is no schema our_cmr of database crm_file; there are: main, our_crm. Correct "
            "the variable raw_crm_schema (RAW_SCHEMA), or name the database that has it by "
            "raw_crm_database",
        ),
        (
            "our_crm",
            "{crm_tables: []}",
            "there is no schema our_crm; there are: main. Correct the variable raw_crm_schema "
            "(RAW_SCHEMA), or name the database that has it by raw_crm_database",
        ),
    ],
)
def test_a_database_or_schema_that_is_not_there_is_named(
    check, schema, raw_schema, variables, line
):
    code, lines = check("--raw-schema", raw_schema, "--vars", variables)
    assert (code, lines) == (1, [f"crm_cltv: {line}"])
    values = {"raw_crm_schema": raw_schema, **yaml.safe_load(variables)}
    with pytest.raises(StopError) as stop:
        preflight.preflight(values)
    assert str(stop.value) == line


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--as-of", ""], "crm_cltv: nothing to check; give RAW=folder or RAW_SCHEMA=schema"),
        (["--raw", "no folder"], "crm_cltv: RAW="),
        (["--raw-schema", "a b"], "crm_cltv: variable raw_crm_schema must be the name of a schema"),
        (["--raw-schema", "x", "--vars", "{as_of: 1}"], "crm_cltv: variable 'as_of' is not known"),
    ],
)
def test_wrong_options_are_one_line(arguments, line, check):
    code, lines = check(*arguments)
    assert code == 1
    assert len(lines) == 1 and lines[0].startswith(line)


# ---------- before dbt has started


def test_a_file_that_may_not_be_read_is_named(folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda file, mode: file.name != "orders.csv")
    with pytest.raises(
        StopError, match=r"orders\.csv may not be read by you; change its permissions"
    ):
        preflight.preflight({"raw_folder": str(folder), "crm_tables": []})


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("Orders.csv", ORDERS, "perhaps Orders.csv is meant, which must be called orders.csv"),
        ("order.parquet", "", "perhaps order.parquet is meant, which must be called orders.p"),
        ("orders.xlsx", "", "perhaps orders.xlsx is meant, which must be called orders.csv"),
        (
            "orders.csv",
            ORDERS.replace("ordered_at", "ordered_on"),
            "no column 'ordered_at', which is required, perhaps 'ordered_on' is meant; it has",
        ),
    ],
)
def test_a_build_gives_the_hints_that_the_check_gives(check, folder, capsys, name, content, said):
    (folder / "orders.csv").unlink()
    (folder / name).write_text(content)
    _, lines = check()
    (error,) = [line.partition("error: ")[2] for line in lines if "  error: " in line]
    assert said in error
    assert build.main(["--raw", str(folder)]) == 2
    assert capsys.readouterr().err.startswith(f"crm_cltv: {error}\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permissions_is_named(folder):
    (folder / "orders.csv").chmod(0)
    with pytest.raises(StopError, match=r"orders\.csv may not be read by you"):
        preflight.preflight({"raw_folder": str(folder), "crm_tables": []})


def test_a_large_parquet_file_with_a_damaged_end_is_named(folder):
    (folder / "orders.csv").unlink()
    with (folder / "orders.parquet").open("wb") as file:
        file.write(b"PAR1")
        file.truncate(80_000_000)
    with pytest.raises(StopError, match=r"orders\.parquet cannot be read as Parquet"):
        preflight.preflight({"raw_folder": str(folder), "crm_tables": []})


def test_a_compressed_file_that_is_cut_short_is_named(folder):
    (folder / "orders.csv").unlink()
    (folder / "orders.csv.gz").write_bytes(b"\x1f\x8b\x08\x00")
    with pytest.raises(StopError, match=r"orders\.csv\.gz (cannot be read|is empty)"):
        preflight.preflight({"raw_folder": str(folder), "crm_tables": []})


def test_more_csv_than_can_be_read_in_that_time_is_left_to_dbt(folder, monkeypatch):
    (folder / "orders.csv").write_text(ORDERS + "1\n")
    monkeypatch.setattr(preflight, "READ_AT_MOST", 10)
    preflight.preflight({"raw_folder": str(folder), "crm_tables": []})


def test_values_that_only_dbt_can_fill_in_are_left_to_it():
    preflight.preflight({"raw_folder": "{{ env_var('HOME') }}/crm"})


def test_a_build_that_cannot_run_is_refused_before_dbt_starts(folder, capsys, monkeypatch):
    (folder / "orders.csv").write_text("")
    monkeypatch.setattr(build.subprocess, "Popen", None)
    begin = time.perf_counter()
    assert build.main(["--raw", str(folder)]) == 2
    assert time.perf_counter() - begin < 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"crm_cltv: file {folder}/orders.csv is empty; export it again")
    assert second == "crm_cltv: the build failed; the last publication is untouched"
