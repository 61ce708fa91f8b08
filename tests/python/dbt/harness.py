"""Runs dbt on the project as a user does, away from the user's files, and shows what came out."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import duckdb

from tools import contract

ROOT = Path(__file__).resolve().parents[3]
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
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


class Servers:
    """Processes that run dbt, see dbt_server.py: as many as there are runs at a time."""

    def __init__(self):
        self.idle = []

    def run(self, **request):
        """Returns dbt's exit code."""
        server = taken(self.idle) or subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("dbt_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        self.idle.append(server)
        return code

    def close(self):
        for server in self.idle:
            server.communicate()
        self.idle.clear()


SERVERS = Servers()


def taken(idle):
    """Something idle, now the caller's own, or None."""
    try:
        return idle.pop()
    except IndexError:
        return None


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


def dbt(place, *arguments, project=ROOT, **variables):
    """Run dbt from the project's root with variables; returns a Run."""
    said = place / "dbt.txt"
    code = SERVERS.run(
        arguments=["--no-use-colors", *arguments, "--vars", json.dumps(variables)],
        folder=str(project),
        environment=environment(place),
        output=str(said),
    )
    return Run(code, said.read_text(), place)


class Rooms:
    """Rooms for runs on raw folders, used again by later runs with the same variables.

    dbt reads the whole project anew whenever a variable or the path of the database changes, which
    takes longer than most of these runs. In a room both stay the same: the raw folder of each run
    is linked there, and what the run leaves behind is moved out.
    """

    def __init__(self, place):
        self.place = place
        self.idle = defaultdict(list)

    def dbt(self, place, folder, *arguments, **variables):
        """Run dbt on a raw folder; the messages name the folder as the room's `crm`."""
        kind = json.dumps(variables, sort_keys=True)
        room = taken(self.idle[kind]) or Path(tempfile.mkdtemp(dir=self.place))
        (room / "crm").symlink_to(folder, target_is_directory=True)
        run = dbt(room, *arguments, raw_folder=str(room / "crm"), **variables)
        (room / "crm").unlink()
        (place / "target").mkdir()
        for name in ("manifest.json", "run_results.json"):
            if (room / "target" / name).exists():
                shutil.copy(room / "target" / name, place / "target")
        if run.database.exists():
            shutil.move(run.database, place)
        self.idle[kind].append(room)
        output = run.output.replace(str(room / "crm"), str(folder))
        return replace(run, place=place, output=output)


def tool(place, name):
    """Run one of the programs in tools/, from the project's root; returns a Run."""
    finished = subprocess.run(
        [sys.executable, "-m", f"tools.{name}"],
        cwd=ROOT,
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Run(finished.returncode, finished.stdout, place)


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
