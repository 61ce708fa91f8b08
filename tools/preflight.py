"""What can be known to be wrong before dbt has started, which takes it several seconds.

The checks are the project's macros, rendered in Python (see tools.contract), so that they say what
a bare `dbt build` says. Where an error of the engine can be caught, which a macro cannot do, Python
looks a little further: damaged Parquet files of any size, files that this user may not read.
"""

import os
import re
from pathlib import Path

import duckdb
import jinja2
import yaml

from tools.contract import Macros, StopError, built_tables
from tools.paths import ROOT

# more than this many bytes of CSV are left to dbt: reading them all takes longer than its start
READ_AT_MOST = 256 * 1024 * 1024


NAMES = Macros()  # for macros that look at nothing but their arguments


def file_table(name):
    """The table of the contract that a file of this name holds, else an empty text."""
    return NAMES.raw_file_table(name)


def closest(name, names):
    """The name that is most like a mistyped one, else an empty text."""
    return NAMES.closest_name(name, list(names))


def unread_file(name):
    """What there is to say of a file that no table is read from, else an empty text."""
    return NAMES.unread_file(name)


# ---------- where the tables are


def target_of_profile():
    """The output of the profile that dbt would take, with its environment variables filled in."""
    folder = Path(os.environ.get("DBT_PROFILES_DIR") or ROOT / "profiles")
    file = (folder if folder.is_absolute() else ROOT / folder) / "profiles.yml"

    def env_var(name, default=""):
        return os.environ.get(name, default)

    text = jinja2.Template(file.read_text()).render(env_var=env_var)
    profile = yaml.safe_load(text)["crm_cltv"]
    target = os.environ.get("DBT_TARGET") or profile["target"]
    return profile["outputs"][target]


def attached(connection, target):
    """Attach the databases of the profile, to read only; returns the name of the one built into."""
    path = Path(target.get("path", ":memory:"))
    others = [
        (Path(str(one["path"])), one.get("alias") or Path(str(one["path"])).stem)
        for one in target.get("attach") or []
    ]
    for file, name in [(path, path.stem), *others]:
        file = file if file.is_absolute() else ROOT / file
        if file.exists():
            quoted = str(file).replace("'", "''")
            connection.execute(f"attach '{quoted}' as \"{name}\" (read_only)")
    return path.stem


def open_raw(connection, variables):
    """The macros on a connection that sees the raw tables as dbt would.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        In memory; nothing is written anywhere.
    variables : dict

    Returns
    -------
    tools.contract.Macros

    Raises
    ------
    StopError
        The raw tables are not on DuckDB, or their database is in use.
    """
    target = target_of_profile()
    if target["type"] != "duckdb":
        raise StopError("only tables on DuckDB can be checked without a build")
    connection.execute("set TimeZone = 'UTC'")
    database = ""
    if variables.get("raw_crm_schema"):
        try:
            database = attached(connection, target)
        except duckdb.Error as error:
            raise StopError(f"the database cannot be opened: {first_line(error)}") from None
    macros = Macros(variables, connection, database, target.get("schema", "main"))
    macros.replace_macro("is_parquet", lambda file: is_readable_parquet(connection, file))
    return macros


def first_line(error):
    """The engine's error without its drawings."""
    return re.sub(r"\s+", " ", str(error).strip().splitlines()[0])[:200]


def is_readable_parquet(connection, file):
    """Can the engine read the description of a Parquet file? Damage at its end is damage there."""
    path = file.replace("'", "''")
    try:
        connection.execute(f"select * from read_parquet('{path}') limit 0")
    except duckdb.Error:
        return False
    return True


def prepared_tables(macros):
    """Open every table that is on and there.

    Parameters
    ----------
    macros : tools.contract.Macros

    Returns
    -------
    opened : list of str
        Tables that can be looked at.
    stops : dict
        Table → the line that says why it cannot be read.

    Raises
    ------
    StopError
        Something is wrong with the folder as a whole.
    """
    if not macros.values["raw_folder"]:
        return [table for table in built_tables() if is_there(macros, table)], {}
    files = macros.raw_files()
    folder = Path(macros.raw_folder_path())
    schema = macros.source("crm", "orders").schema
    macros.run_query(f'create schema if not exists "{schema}"')
    opened, stops = [], {}
    for table in built_tables():
        if table in files and macros.crm_table_is_on(table):
            file = folder / files[table]
            try:
                if not os.access(file, os.R_OK):
                    raise StopError(f"file {file} may not be read by you; change its permissions")
                macros.open_raw_file(table, files[table])
                opened.append(table)
            except StopError as stop:
                stops[table] = str(stop)
            except duckdb.Error as error:
                stops[table] = f"file {file} cannot be read; export it again ({first_line(error)})"
    return opened, stops


def is_there(macros, table):
    """Is a table in the schema?"""
    relation = macros.source("crm", table)
    found = macros.get_relation(relation.database, relation.schema, relation.identifier)
    return macros.crm_table_is_on(table) and found is not None


# ---------- the checks


def check_variables(variables):
    """Every variable is known and has a value that can be used.

    Raises
    ------
    StopError
        The line of the macro.
    """
    with duckdb.connect() as connection:
        macros = Macros(variables, connection)
        macros.check_variables()
        macros.check_timezone()
        macros.check_demo_currency()


def preflight(variables):
    """Everything that can be checked in less time than dbt takes to start.

    Raises
    ------
    StopError
        The line that says what, where and how to mend it.
    """
    if any("{{" in str(value) for value in variables.values()):
        return  # only dbt fills in what stands between braces
    check_variables(variables)
    if not variables.get("raw_folder") and not variables.get("raw_crm_schema"):
        return
    with duckdb.connect() as connection:
        try:
            macros = open_raw(connection, variables)
        except StopError:
            return  # another engine, or a database in use: dbt knows how to wait for it
        if csv_bytes(variables.get("raw_folder")) > READ_AT_MOST:
            macros.replace_macro("check_csv_lines", lambda file, reader: None)
            macros.replace_macro("check_decimal_point", lambda table: None)
        _, stops = prepared_tables(macros)
        for stop in stops.values():
            raise StopError(stop)
        macros.check_raw_tables()


def csv_bytes(folder):
    """Size of all CSV files that would be read."""
    if not folder or not Path(str(folder)).is_dir():
        return 0
    files = [file for file in Path(str(folder)).iterdir() if file.is_file()]
    return sum(
        file.stat().st_size
        for file in files
        if file.name.partition(".")[2].lower().startswith("csv") and file_table(file.name)
    )
