"""Publishing: whole, atomic, only what may be seen, and only after a build that passed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tools.paths import ROOT
from tools.publish import PublishError, last_build, main, publish

READER = """
import sys
import duckdb

exports = sys.argv[1]
connection = duckdb.connect(exports + "/crm_cltv.duckdb", read_only=True)
parquet = open(exports + "/fct_orders.parquet", "rb")


def look():
    held = connection.execute("select build from fct_orders").fetchall()
    parquet.seek(0)
    return f"{held} {hash(parquet.read()) == first}"


first = hash(parquet.read())
print(look(), flush=True)
sys.stdin.readline()
print(look(), flush=True)
"""

DYING = """
import os
import signal

from tools import publish

{patch}
publish.publish()
"""


def dies(step):
    """A publication whose process is killed at `step`."""
    return DYING.format(patch=f"{step} = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)")


class Project:
    """A build database with two marts, and the artifacts of the run that made it."""

    def __init__(self, place):
        self.place = place
        self.database = place / "build.duckdb"
        self.target = place / "target"
        self.exports = place / "exports"
        self.target.mkdir()

    def build(self, number, **changes):
        """Pretend that dbt built everything; `changes` go into the run's arguments."""
        status = changes.pop("status", "success")
        with duckdb.connect(str(self.database)) as connection:
            connection.execute("create schema if not exists cltv_marts")
            for name in ("fct_orders", "dim_customers_private"):
                table = f"cltv_marts.{name}"
                connection.execute(f"create or replace table {table} as select {number} as build")
                connection.execute(f"comment on column {table}.build is 'The build''s number'")
        nodes = {
            f"model.crm_cltv.{name}": {
                "name": name,
                "resource_type": "model",
                "relation_name": f'"build"."cltv_marts"."{name}"',
                "config": {"meta": {"publish": published}},
            }
            for name, published in (("fct_orders", True), ("dim_customers_private", False))
        }
        results = {
            "metadata": {"invocation_id": f"build-{number}"},
            "args": {"which": "build", "select": [], "exclude": [], **changes},
            "results": [
                {"unique_id": "model.crm_cltv.fct_orders", "status": "success"},
                {"unique_id": "test.crm_cltv.unique_fct_orders_order_id", "status": status},
            ],
        }
        (self.target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
        (self.target / "run_results.json").write_text(json.dumps(results))

    def publish(self):
        return publish(self.database, self.exports, self.target)

    @property
    def environment(self):
        return {
            **os.environ,
            "CRM_CLTV_DUCKDB_PATH": str(self.database),
            "CRM_CLTV_EXPORTS": str(self.exports),
            "DBT_TARGET_PATH": str(self.target),
        }

    def python(self, *arguments, **options):
        """Run Python as another process, as a reader or a second publisher is."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            **options,
        )

    def seen(self):
        """The build that a new reader sees, in the DuckDB file and in the Parquet file."""
        with duckdb.connect() as connection:
            (parquet,) = connection.execute(
                "select build from read_parquet(?)", [str(self.exports / "fct_orders.parquet")]
            ).fetchone()
        with duckdb.connect(str(self.exports.resolve() / "crm_cltv.duckdb"), read_only=True) as one:
            (table,) = one.execute("select build from fct_orders").fetchone()
        return table, parquet

    def stored(self):
        store = self.place / ".publications"
        return sorted(entry.name for entry in store.iterdir()) if store.is_dir() else []


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    made.build(1)
    return made


# ---------- what is published


def test_every_published_mart_is_a_parquet_file_and_a_table(project):
    assert project.publish() == ["fct_orders"]
    assert sorted(file.name for file in project.exports.iterdir()) == [
        "crm_cltv.duckdb",
        "fct_orders.parquet",
    ]
    assert project.seen() == (1, 1)


def test_a_model_that_is_not_marked_for_publishing_is_not_there(project):
    project.publish()
    file = str(project.exports / "crm_cltv.duckdb")
    with duckdb.connect(file, read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
    assert tables == [("fct_orders",)]


def test_column_descriptions_travel_with_the_file(project):
    project.publish()
    file = str(project.exports / "crm_cltv.duckdb")
    with duckdb.connect(file, read_only=True) as connection:
        comments = connection.execute(
            "select comment from duckdb_columns() where table_name = 'fct_orders'"
        ).fetchall()
    assert comments == [("The build's number",)]


def test_the_duckdb_file_can_be_opened_by_clients_from_1_2_on(project):
    project.publish()
    file = project.exports / "crm_cltv.duckdb"
    header = file.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    # 64 is the format up to 1.1, 65 that of 1.2; a 1.2 client reads no later one
    assert int.from_bytes(header[12:20], "little") <= 65
    with duckdb.connect(str(file), read_only=True) as connection:
        (tags,) = connection.execute(
            "select tags from duckdb_databases() where database_name = 'crm_cltv'"
        ).fetchone()
    assert tags["storage_version"].startswith("v1.2.0")


def test_published_files_may_not_be_written(project):
    project.publish()
    modes = {file.stat().st_mode & 0o222 for file in project.exports.iterdir()}
    assert modes == {0}


def test_paths_with_an_apostrophe_are_no_obstacle(tmp_path):
    place = tmp_path / "the firm's marts"
    place.mkdir()
    project = Project(place)
    project.build(1)
    project.publish()
    assert project.seen() == (1, 1)


# ---------- when nothing is published


def test_a_build_in_which_something_failed_leaves_the_publication_before_it(project):
    project.publish()
    for number, status in enumerate(("error", "fail", "skipped", "runtime error"), start=2):
        project.build(number, status=status)
        with pytest.raises(
            PublishError, match="1 nodes of the last build did not pass, first test"
        ):
            project.publish()
        assert project.seen() == (1, 1)
    assert project.stored() == ["build-1"]


def test_warnings_do_not_stop_a_publication(project):
    project.build(2, status="warn")
    project.publish()
    assert project.seen() == (2, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        {"select": ["fct_orders"]},
        {"exclude": ["fct_orders"]},
        {"which": "run"},
        {"which": "test"},
        {"selector": "nightly"},
        {"resource_types": ["model"]},
        {"exclude_resource_types": ["test", "unit_test"]},
        {"empty": True},
        {"sample": "3 days"},
    ],
    ids=str,
)
def test_a_run_that_was_not_a_whole_build_is_refused(project, arguments):
    project.publish()
    project.build(2, **arguments)
    with pytest.raises(PublishError, match="not a whole build; run dbt build without selection"):
        project.publish()
    assert project.seen() == (1, 1)


def test_without_a_build_the_missing_artifact_is_named(tmp_path):
    with pytest.raises(PublishError, match=r"run_results.json is missing\); run dbt build first"):
        last_build(tmp_path)


def test_an_artifact_that_was_cut_short_is_said_in_one_line(project):
    (project.target / "run_results.json").write_text('{"args": {')
    with pytest.raises(PublishError, match=r"run_results.json"):
        project.publish()


def test_a_database_that_is_not_there_is_said_in_one_line(project):
    project.database.unlink()
    with pytest.raises(PublishError, match="cannot copy from") as refusal:
        project.publish()
    assert "\n" not in str(refusal.value)
    assert project.stored() == []


def test_a_folder_called_exports_is_not_replaced(project):
    project.exports.mkdir()
    (project.exports / "mine.txt").write_text("keep me")
    finished = project.python("-m", "tools.publish")
    assert finished.returncode == 1
    assert finished.stderr.splitlines() == [
        f"crm_cltv: not published: {project.exports} is not a link made by an earlier publication; "
        "move it away and try again"
    ]
    assert (project.exports / "mine.txt").read_text() == "keep me"
    assert project.stored() == []


def test_the_folder_of_the_publication_is_made_when_it_is_not_there(project):
    exports = project.place / "for" / "bi" / "exports"
    publish(project.database, exports, project.target)
    assert (exports / "fct_orders.parquet").is_file()


def test_the_program_says_what_it_published(project, monkeypatch, capsys):
    for name, value in project.environment.items():
        monkeypatch.setenv(name, value)
    assert main([]) == 0
    assert capsys.readouterr().out == f"published 1 marts to {project.exports}\n"
    project.build(2, status="fail")
    assert main([]) == 1
    assert capsys.readouterr().err.startswith("crm_cltv: not published: 1 nodes of the last build")


# ---------- readers and publishers do not disturb each other


def test_a_reader_keeps_its_data_while_a_new_publication_takes_over(project):
    project.publish()
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(project.exports)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout.readline() == "[(1,)] True\n"
        for number in range(2, 2 + 2 + 1):  # until the reader's own publication is gone
            project.build(number)
            assert project.python("-m", "tools.publish").returncode == 0
            assert project.seen() == (number, number)
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "[(1,)] True\n"
    assert reader.returncode == 0


def test_a_reader_of_the_published_file_does_not_hold_up_the_next_build(project):
    project.publish()
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(project.exports)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        reader.stdout.readline()
        project.build(2)  # writes the build database: fails if the reader held it
        reader.communicate("\n")


def test_only_the_newest_publications_are_kept(project):
    for number in range(1, 6):
        project.build(number)
        project.publish()
    assert project.stored() == [f"build-{number}" for number in range(6 - 2, 6)]
    assert project.seen() == (5, 5)


def test_the_same_build_can_be_published_twice(project):
    project.publish()
    project.publish()
    assert project.seen() == (1, 1)


# ---------- a publisher that dies


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("publish.swap", id="after writing, before swapping"),
        pytest.param("publish.Path.rename", id="before the folder has its name"),
        pytest.param("publish.os.replace", id="before the link is replaced"),
        pytest.param("publish.write_publication", id="before writing"),
    ],
)
def test_a_publisher_that_is_killed_leaves_the_old_publication(project, step):
    project.publish()
    project.build(2)
    killed = project.python("-c", dies(step))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert project.seen() == (1, 1)
    # and the next one takes over as if nothing had been
    assert project.python("-m", "tools.publish").returncode == 0
    assert project.seen() == (2, 2)


def test_what_a_killed_publisher_left_behind_is_cleared_away(project):
    project.publish()
    for number in (2, 3):
        project.build(number)
        project.python("-c", dies("publish.Path.rename"))
    for number in (4, 5):
        project.build(number)
        project.publish()
    assert project.stored() == ["build-4", "build-5"]


def test_the_publication_that_readers_may_hold_is_kept_rather_than_one_nobody_saw(project):
    project.publish()
    project.build(2)
    project.python("-c", dies("publish.swap"))
    project.build(3)
    project.publish()
    assert project.stored() == ["build-1", "build-3"]


def test_the_link_can_be_moved_with_its_folder(project):
    project.publish()
    target = os.readlink(project.exports)
    assert not Path(target).is_absolute()
