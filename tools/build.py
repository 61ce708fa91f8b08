"""The one command: build everything with dbt, publish it when all tests passed, and sum it up.

`make build` runs this. It adds nothing that `dbt build` does not do by itself, except that a folder
of files need not be listed table by table: the tables that are there are the ones switched on.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from tools.contract import StopError
from tools.paths import ROOT
from tools.preflight import file_table, preflight, unread_file
from tools.publish import PublishError, publish
from tools.summary import summary

UNTOUCHED = "crm_cltv: the build failed; the last publication is untouched"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def tables_in_folder(folder):
    """Which raw tables a folder has files for, and what there is to say of files that are not read.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    tables, notes : list of str

    Raises
    ------
    ValueError
        The folder does not exist or is no folder.
    """
    if not folder.is_dir():
        raise ValueError(
            f"RAW={folder} is not a folder; give the folder that holds orders.csv or orders.parquet"
        )
    names = sorted(file.name for file in folder.iterdir())
    tables = [file_table(name) for name in names if file_table(name)]
    notes = [unread_file(name) for name in names if unread_file(name)]
    return tables, notes


def set_option(values, option, name, value):
    """Set the variable of an option; VARS may name it as well, but not say something else."""
    other = values.get(name)
    if other and name == "raw_folder":
        other = Path(str(other)).expanduser().resolve()
    if other and str(other) != value:
        raise ValueError(
            f"{option}={value} contradicts {name}: {other} in VARS; give it in one place only"
        )
    values[name] = value


def variables(options, quiet=False):
    """The dbt variables that the options stand for.

    Parameters
    ----------
    options : argparse.Namespace
        raw, raw_schema, as_of, vars.
    quiet : bool
        Say nothing of files that are not read.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        One line that says what is wrong.
    """
    values = {}
    if options.vars.strip():
        try:
            values = yaml.safe_load(options.vars)
        except yaml.YAMLError as error:
            raise ValueError(f"VARS is not YAML: {str(error).splitlines()[0]}") from None
        if not isinstance(values, dict):
            raise ValueError("VARS must be a YAML mapping such as {as_of_date: '2025-06-30'}")
    if options.raw:
        folder = Path(options.raw).expanduser().resolve()
        tables, notes = tables_in_folder(folder)
        for note in [] if quiet else notes:
            print(f"note: {note}")
        set_option(values, "RAW", "raw_folder", str(folder))
        values.setdefault("crm_tables", tables)
    if options.raw_schema:
        set_option(values, "RAW_SCHEMA", "raw_crm_schema", options.raw_schema)
    if options.as_of:
        set_option(values, "AS_OF", "as_of_date", options.as_of)
    return values


def first_error(log):
    """The line of a failed dbt run that says what to do, if it is one of this project's own."""
    for line in ANSI.sub("", log).splitlines():
        found = re.search(r"crm_cltv: .*", line)
        if found:
            return found.group(0)
    return None


def main(arguments=None):
    """Build, publish, sum up; the exit code is dbt's, or 1 when nothing was published."""
    parser = argparse.ArgumentParser(prog="python -m tools.build", description=__doc__)
    parser.add_argument(
        "--raw", default=os.environ.get("RAW", ""), help="folder of CSV or Parquet files"
    )
    parser.add_argument(
        "--raw-schema",
        default=os.environ.get("RAW_SCHEMA", ""),
        help="schema of your own CRM tables",
    )
    parser.add_argument(
        "--as-of", default=os.environ.get("AS_OF", ""), help="as-of date, YYYY-MM-DD"
    )
    parser.add_argument(
        "--vars", default=os.environ.get("VARS", ""), help="further dbt variables as YAML"
    )
    options = parser.parse_args(arguments)
    try:
        values = variables(options)
        preflight(values)
    except (ValueError, StopError) as error:
        print(f"crm_cltv: {error}", file=sys.stderr)
        if isinstance(error, StopError):
            print(UNTOUCHED, file=sys.stderr)
        return 2

    dbt = Path(sys.executable).with_name("dbt")
    command = [str(dbt), "--no-use-colors", "build", "--vars", json.dumps(values, default=str)]
    environment = {"DBT_PROFILES_DIR": str(ROOT / "profiles"), **os.environ}
    log = []
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            log.append(line)
            # one line per node is for those who look for it: dbt's own log keeps them all
            if not re.search(
                r"\[(RUN|PASS|OK|NO-OP|SUCCESS|INSERT|CREATE|.*in [0-9.]+s)\b.*\]?$|\bSTART\b", line
            ):
                print(line, end="", flush=True)
    if process.returncode:
        message = first_error("".join(log))
        if message:
            print(f"\n{message}", file=sys.stderr)
        print(UNTOUCHED, file=sys.stderr)
        return process.returncode
    try:
        publish()
    except PublishError as error:
        print(f"crm_cltv: not published: {error}", file=sys.stderr)
        return 1
    print(summary(currency=values.get("reporting_currency", reporting_currency())))
    return 0


def reporting_currency():
    """The reporting currency as dbt_project.yml has it."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    return project["vars"]["reporting_currency"]


if __name__ == "__main__":
    sys.exit(main())
