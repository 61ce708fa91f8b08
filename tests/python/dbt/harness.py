"""Runs dbt on the project as a user does, away from the user's files, and shows what came out."""

import csv
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

import duckdb

from tools import contract

ROOT = Path(__file__).resolve().parents[3]
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
ASK = ("--no-write-json", "run-operation")  # a macro; nobody reads artifacts of that
NO_TESTS = ("--exclude-resource-type", "test", *NO_UNIT_TESTS)


@dataclass(frozen=True)
class Run:
    """What one run said and left behind."""

    code: int
    output: str
    place: Path

    @property
    def database(self):
        return self.place / "crm_cltv.duckdb"

    @property
    def target(self):
        return self.place / "target"

    @property
    def exports(self):
        return self.place / "exports"

    @property
    def messages(self):
        """The project's own one-line messages, each once."""
        lines = (line.strip() for line in self.output.splitlines())
        return sorted({line for line in lines if line.startswith("crm_cltv: ")})

    def rows(self, query):
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def one(self, query):
        (row,) = self.rows(query)
        return row

    @cached_property
    def manifest(self):
        return json.loads((self.target / "manifest.json").read_text())

    @cached_property
    def published(self):
        """Published model → its relation in the build database."""
        return {
            node["name"]: node["relation_name"]
            for node in self.manifest["nodes"].values()
            if node["resource_type"] == "model" and node["config"]["meta"].get("publish")
        }

    def marts(self):
        """Published model → hash of its rows, whatever their order."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return {
                name: content_hash(connection, relation)
                for name, relation in sorted(self.published.items())
            }


def raw_contract():
    """Raw table → its columns, read from the macro that holds them."""
    return {
        table: [column["name"] for column in entry["columns"]]
        for table, entry in contract.raw_contract().items()
    }


def content_hash(connection, relation):
    """One hash of all rows of a relation as texts, whatever their order, with the column names."""
    rows = connection.execute(f"select cast(columns(*) as varchar) from {relation}")
    names = [column[0] for column in rows.description]
    texts = sorted(json.dumps(row) for row in rows.fetchall())
    return hashlib.md5("\n".join([json.dumps(names), *texts]).encode()).hexdigest()


def environment(place):
    """The environment of a run: its own database, artifacts, log and publication."""
    return {
        **os.environ,
        "DBT_PROFILES_DIR": str(ROOT / "profiles"),
        "DBT_TARGET_PATH": str(place / "target"),
        "DBT_LOG_PATH": str(place / "logs"),
        "DBT_USE_COLORS": "false",
        "CRM_CLTV_DUCKDB_PATH": str(place / "crm_cltv.duckdb"),
        "CRM_CLTV_EXPORTS": str(place / "exports"),
        "CRM_CLTV_MEMORY_LIMIT": "2GB",
    }


class Server:
    """The process that runs dbt, see dbt_server.py; started when it is first asked."""

    def __init__(self):
        self.process = None
        self.address = None
        self.starting = Lock()

    def start(self):
        """Start it; whoever asks before it is ready waits in line."""
        with self.starting:
            if self.process:
                return
            self.address = str(Path(tempfile.mkdtemp()) / "dbt")
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(self.address)
                listener.listen(100)
                file = listener.fileno()
                self.process = subprocess.Popen(
                    [
                        sys.executable,
                        str(Path(__file__).with_name("dbt_server.py")),
                        str(file),
                        json.dumps(PROJECTS),
                    ],
                    pass_fds=[file],
                )

    def run(self, **request):
        """Returns dbt's exit code."""
        self.start()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.address)
            connection.sendall(json.dumps(request).encode() + b"\n")
            return int(connection.makefile().read())

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            shutil.rmtree(Path(self.address).parent)


SERVER = Server()

# Reading the project takes dbt longer than most of these runs take. The server has read it with
# these variables; a run whose variables say the same takes it as it is. Those in READ_LATER may
# differ: they are looked up when a model is compiled, which test_reading.py holds them to.
PROJECTS = [
    {},
    {"raw_folder": "a folder", "crm_tables": "all"},
    {"raw_folder": "a folder", "crm_tables": []},
]
DEMO, FOLDER, BARE_FOLDER = range(len(PROJECTS))
READ_LATER = {
    "as_of_date": "2024-03-31",
    "business_timezone": "Europe/Berlin",
    "backtest_origins": 0,
}


def project_for(variables):
    """The project that was read with such variables, or None: dbt has to read it for itself."""
    if "raw_folder" not in variables:
        return DEMO if not variables else None
    # what counts is that there is a folder, not where
    decisive = {**variables, "raw_folder": "a folder"}
    decisive = {name: value for name, value in decisive.items() if name not in READ_LATER}
    return PROJECTS.index(decisive) if decisive in PROJECTS else None


def project_with(place, **models):
    """The project with further models, name → SQL, in a folder of its own; returns the folder."""
    project = place / "project"
    project.mkdir()
    parts = (
        "dbt_project.yml",
        "docs",
        "macros",
        "seeds",
        "tests",
        "python_models",
        "cltv",
        "tools",
    )
    for part in parts:
        (project / part).symlink_to(ROOT / part)
    # dbt does not follow links below the folder of the models
    shutil.copytree(ROOT / "models", project / "models")
    for name, query in models.items():
        (project / "models" / f"{name}.sql").write_text(query)
    return project


def dbt(place, *arguments, **variables):
    """Run dbt from the project's root with variables; returns a Run."""
    return run_dbt(place, project_for(variables), *arguments, **variables)


def run_dbt(place, project, *arguments, root=ROOT, **variables):
    """Run dbt on a project that was read already, or with None as users do; returns a Run."""
    # no test reads dbt's log file, which takes a tenth of a run
    options = ["--no-use-colors", "--log-level-file", "none"]
    arguments = [*options, *arguments, "--vars", json.dumps(variables)]
    if project is None:
        dbt = str(Path(sys.executable).with_name("dbt"))
        return Run(*command(place, [dbt, *arguments], root), place)
    said = place / "dbt.txt"
    code = SERVER.run(
        project=project, arguments=arguments, environment=environment(place), output=str(said)
    )
    return Run(code, said.read_text(), place)


def command(place, words, root=ROOT):
    """Run a command from the project's root; returns its exit code and what it said."""
    finished = subprocess.run(
        words,
        cwd=root,
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout


def tool(place, name):
    """Run one of the programs in tools/, from the project's root; returns a Run."""
    return Run(*command(place, [sys.executable, "-m", f"tools.{name}"]), place)


def write_csv(file, rows, columns=None):
    """Write rows as CSV, as a connector would: all texts. Without rows, only the header."""
    columns = columns or list(rows[0])
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(file, rows, types):
    """Write rows of texts as Parquet with the types given, one per column."""
    file.parent.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(f"{name} varchar" for name in types)
    casts = ", ".join(
        f"cast(nullif({name}, '') as {kind}) as {name}" for name, kind in types.items()
    )
    places = ", ".join("?" for _ in types)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create table given ({columns})")
        connection.executemany(
            f"insert into given values ({places})", [[row[name] for name in types] for row in rows]
        )
        path = str(file).replace("'", "''")
        connection.execute(f"copy (select {casts} from given) to '{path}' (format parquet)")
