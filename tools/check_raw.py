"""Compare your own raw tables with the raw contract, without building anything.

`make check-raw RAW=folder` or `make check-raw RAW_SCHEMA=schema`. Table by table: is it there, what
is missing, what has a type or values that cannot be read, what is called by a name that nobody
knows, and what the marts lack without a table. What a build would refuse is marked as an error, in
the build's own words; everything else is a note.
"""

import argparse
import csv
import os
import re
import shlex
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb
import yaml

from tools.build import variables as variables_of
from tools.contract import StopError, built_tables, raw_contract
from tools.paths import ROOT
from tools.preflight import (
    check_variables,
    closest,
    file_table,
    first_line,
    open_raw,
    prepared_tables,
    unread_file,
)

HINTS = {
    "timestamp": "dates are 2024-12-31 or 2024-12-31T09:30:00+01:00",
    "date": "dates are 2024-12-31",
    "boolean": "true, t, 1, yes, y or false, f, 0, no, n",
    "integer": "whole numbers are 1234",
}
NUMBER_HINT = "numbers are 1234.50: a decimal point, no thousands separators, no sign of a currency"
EXAMPLES = 3
# what a build asks of a table beside its columns and their types
FURTHER_CHECKS = {"orders": "check_landing_time", "exchange_rates": "check_rates"}


@dataclass
class Report:
    """What was found: lines by table, and how many of them stop a build; tables there or not."""

    lines: list = field(default_factory=list)
    errors: int = 0
    there: list = field(default_factory=list)
    absent: list = field(default_factory=list)

    def error(self, text):
        """Note something that stops a build."""
        self.errors += 1
        self.lines.append(f"  error: {text}")

    def note(self, text):
        """Note something that a build copes with."""
        self.lines.append(f"  note:  {text}")

    def head(self, text):
        """Begin a table."""
        self.lines.append(text)


# ---------- what rests on a table


@cache
def needs():
    """Table → what is so without it, and the capabilities that are off or degraded without it."""
    found = {}
    with (ROOT / "seeds" / "reference" / "capability_needs.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            need = found.setdefault(row["table_name"], {"so": "", "required": [], "helpful": []})
            if row["capability"] == row["table_name"]:
                need["so"] = row["without_it"]
            else:
                need[row["need"]].append(row["capability"])
    return found


def without(table):
    """What is missing in the marts without a table, in the words of mart_capabilities."""
    need = needs()[table]
    lists = [("off", need["required"]), ("degraded", need["helpful"])]
    further = [f"{status}: {', '.join(names)}" for status, names in lists if names]
    return "; ".join([f"without it {need['so']}", *further])


# ---------- one table


def masked(text, personal):
    """An example that shows the form of a value; of personal data only the form."""
    text = re.sub(r"\s+", " ", text.strip())
    if personal or "@" in text:
        text = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", text))
    return "'" + (text if len(text) <= 40 else text[:37] + "...") + "'"


def counted(number, word):
    """A number with its word: 1 row, 2 rows."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def examples(values, personal):
    """Up to three different examples."""
    shown = dict.fromkeys(masked(value, personal) for value in values)
    return ", ".join(list(shown)[:EXAMPLES])


def check_columns(report, macros, table, contract, existing):
    """Columns that lack and columns that nobody knows."""
    names = [column["name"] for column in contract["columns"]]
    absent = [name for name in names if name not in existing]
    required = [column["name"] for column in contract["columns"] if column["required"]]
    unknown = [name for name in existing if name not in names]
    for name in required:
        try:
            macros.check_required_column(table, name, existing)
        except StopError as stop:
            report.error(str(stop))
    optional = [name for name in absent if name not in required]
    if optional:
        report.note(f"optional columns missing, taken as empty: {', '.join(optional)}")
    for name in unknown:
        meant = closest(name, absent)
        report.note(
            f"column {name} is not in the contract and is not read"
            + (f"; perhaps {meant} is meant" if meant else "")
        )


def check_types(report, macros, table, contract, existing):
    """Columns of a type that can never be read."""
    usable = []
    for column in contract["columns"]:
        name = column["name"]
        if name in existing:
            try:
                macros.check_column_type(table, name, existing[name], column["type"])
                usable.append(column)
            except StopError as stop:
                report.error(str(stop))
    return usable


def check_values(report, macros, table, columns, existing):
    """Texts that cannot be read as their type, and values that the contract does not accept."""
    looks, outputs = [], ["count(*)"]
    for column in columns:
        name = f'"{column["name"]}"'
        if not macros.is_text_type(existing[column["name"]]):
            looks.append(column)
            # whatever is damaged comes to light when it is read
            blank = f"{name} is null" if column["required"] else "false"
            outputs += ["0", f"[cast(bit_xor(hash({name})) as varchar)]"]
            outputs.append(f"count(case when {blank} then 1 end)")
            continue
        clean = macros.clean_text(name)
        if column["type"] != "text":
            bad = f"({clean}) is not null and ({macros.cast_text(clean, column['type'])}) is null"
        elif column["accepted"]:
            accepted = ", ".join(f"'{value}'" for value in column["accepted"])
            bad = f"({clean}) not in ({accepted})"
        else:
            bad = "false"
        blank = f"({clean}) is null" if column["required"] else "false"
        if bad != "false" or blank != "false":
            looks.append(column)
            outputs += [
                f"count(case when {bad} then 1 end)",
                f"min(case when {bad} then {name} end, {EXAMPLES})",
                f"count(case when {blank} then 1 end)",
            ]
    rows, *found = macros.run_query(f"select {', '.join(outputs)} from {macros.source('', table)}")[
        0
    ]
    for number, column in enumerate(looks):
        bad, values, blank = found[3 * number : 3 * number + 3]
        kind = column["type"]
        if bad and kind == "text":
            report.note(
                f"column {column['name']}: {counted(bad, 'value')} not accepted, such as "
                f"{examples(values, column['pii'])}; will be rejected (unknown_value); "
                f"accepted: {', '.join(column['accepted'])}"
            )
        elif bad:
            what = (
                "will be rejected (bad_value)"
                if column["required"]
                else "will be cleared (unreadable_optional_value)"
            )
            report.note(
                f"column {column['name']}: {counted(bad, 'value')} not readable as {kind}, such as "
                f"{examples(values, column['pii'])}; {what}; {HINTS.get(kind, NUMBER_HINT)}"
            )
        if blank:
            report.note(
                f"column {column['name']}: blank in {counted(blank, 'row')}, which will be rejected"
            )
    return rows


def check_table(report, macros, table):
    """Everything about one table that is there."""
    contract = raw_contract()[table]
    existing = macros.existing_columns(table)
    place = len(report.lines)
    check_columns(report, macros, table, contract, existing)
    usable = check_types(report, macros, table, contract, existing)
    try:
        checks = [("check_decimal_point", table)]
        if table in FURTHER_CHECKS:
            checks.append((FURTHER_CHECKS[table],))
        for name, *arguments in checks:
            try:
                macros.call(name, *arguments)
            except StopError as stop:
                report.error(str(stop))
        rows = counted(check_values(report, macros, table, usable, existing), "row")
    except duckdb.Error as error:
        rows = "cannot be read"
        report.error(f"the rows cannot be read; export them again ({first_line(error)})")
    report.lines.insert(place, f"{table}: there, {rows}")


# ---------- all of them


def check_file_names(report, folder):
    """Files and directories of the folder that no table is read from."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if file_table(path.name) or path.name.partition(".")[0] in raw_contract():
                report.note(f"{path.name} is a directory and is not read; a table is one file")
        elif unread_file(path.name):
            report.note(unread_file(path.name))


def check_raw(variables):
    """Compare the raw tables that the variables name with the contract.

    Parameters
    ----------
    variables : dict
        dbt variables; one of raw_folder and raw_crm_schema is set.

    Returns
    -------
    Report
    """
    report = Report()
    folder = variables.get("raw_folder")
    report.head(f"folder {folder}" if folder else f"schema {variables['raw_crm_schema']}")
    if folder:
        check_file_names(report, Path(folder))
    with duckdb.connect() as connection:
        macros = open_raw(connection, variables)
        macros.check_raw_schema()
        opened, stops = prepared_tables(macros)
        report.there = opened
        for table in built_tables():
            if table in stops:
                report.head(f"{table}: there, cannot be read")
                report.error(stops[table])
            elif table in opened:
                check_table(report, macros, table)
            else:
                required = raw_contract()[table]["required"]
                report.head(f"{table}: missing, {'required' if required else 'optional'}")
                if not required:
                    report.note(without(table))
                if macros.crm_table_is_on(table):
                    try:
                        macros.check_raw_table(table)
                    except StopError as stop:
                        report.error(str(stop))
                if not required:
                    report.absent.append(table)
    if not folder and report.absent and variables.get("crm_tables", "all") == "all":
        optional = [table for table in opened if not raw_contract()[table]["required"]]
        command = build_command({**variables, "crm_tables": optional})
        report.head(f"to build with the tables that are there: {command}")
    return report


def build_command(variables):
    """The command that builds on a schema with these variables, as it can be typed."""
    further = dict(variables)
    words = ["make build"]
    for option, name in (("RAW_SCHEMA", "raw_crm_schema"), ("AS_OF", "as_of_date")):
        if further.get(name):
            words.append(f"{option}={further.pop(name)}")
    text = yaml.safe_dump(further, default_flow_style=True, sort_keys=False, width=100_000).strip()
    # make, too, reads a dollar sign
    quoted = f'"{text}"' if not set(text) & set('"$`\\!') else shlex.quote(text.replace("$", "$$"))
    return " ".join([*words, f"VARS={quoted}"])


def main(arguments=None):
    """Print the comparison; 0 when a build can run, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_raw", description=__doc__)
    for name, text in (
        ("raw", "folder of CSV or Parquet files"),
        ("raw-schema", "schema of your own CRM tables"),
        ("as-of", "as-of date, YYYY-MM-DD"),
        ("vars", "further dbt variables as YAML"),
    ):
        default = os.environ.get(name.upper().replace("-", "_"), "")
        parser.add_argument(f"--{name}", default=default, help=text)
    options = parser.parse_args(arguments)
    try:
        variables = variables_of(options, quiet=True)
        if not variables.get("raw_folder") and not variables.get("raw_crm_schema"):
            raise ValueError("nothing to check; give RAW=folder or RAW_SCHEMA=schema")
        check_variables(variables)
        report = check_raw(variables)
    except (ValueError, StopError) as error:
        print(f"crm_cltv: {error}", file=sys.stderr)
        return 1
    print("\n".join(report.lines))
    if report.errors:
        errors = counted(report.errors, "error")
        print(f"crm_cltv: no build can run; mend the {errors} above", file=sys.stderr)
        return 1
    print(
        f"a build can run: {len(report.there)} tables are there, "
        f"{len(report.absent)} optional ones are not and stay off (variable crm_tables)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
