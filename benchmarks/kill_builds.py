"""Builds that are killed at a random moment, again and again, and what they leave behind.

    python benchmarks/kill_builds.py --kills 20

A small CRM is generated, built and published undisturbed. Then `make build` is started and killed
(SIGKILL, the whole process group) after a random number of finished nodes, the publication is
compared with the one before, and models run undisturbed on the database that was left behind must
give the same marts as the first build. Ends with exit code 1 at the first difference.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# the project is no installed package
from tests.python.dbt.harness import NO_TESTS, content_hash, environment  # noqa: E402
from tools.build import variables  # noqa: E402

NOTHING_ELSE = {"raw_schema": "", "as_of": "", "vars": ""}


def settings(place):
    """The environment of a run on the generated folder; its progress is read from the debug log."""
    return {
        **environment(place),
        "DBT_LOG_LEVEL_FILE": "debug",
        "RAW": str(place / "crm"),
    }


def start(place):
    """Start the one command in a process group of its own."""
    shutil.rmtree(place / "logs", ignore_errors=True)
    return subprocess.Popen(
        [sys.executable, "-m", "tools.build"],
        cwd=ROOT,
        env=settings(place),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def run_again(place):
    """Run all models on the database that the killed build left behind; returns dbt's exit code."""
    dbt = str(Path(sys.executable).with_name("dbt"))
    values = json.dumps(variables(argparse.Namespace(raw=str(place / "crm"), **NOTHING_ELSE)))
    return subprocess.run(
        [dbt, "--quiet", "build", *NO_TESTS, "--vars", values],
        cwd=ROOT,
        env=settings(place),
        stdout=subprocess.DEVNULL,
        check=False,
    ).returncode


def marts(place, names):
    """Name of each published mart → hash of its rows in the working database."""
    with duckdb.connect(str(place / "crm_cltv.duckdb"), read_only=True) as connection:
        return {name: content_hash(connection, f"cltv_marts.{name}") for name in names}


def finished_nodes(place):
    """How many nodes the running build has behind it."""
    log = place / "logs" / "dbt.log"
    return log.read_text(errors="replace").count("Finished running node") if log.exists() else 0


def publication(place):
    """Name of each published table → hash of its rows, in the one file and in Parquet."""
    found = {}
    folder = place / "exports"
    with duckdb.connect(str(folder / "crm_cltv.duckdb"), read_only=True) as connection:
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            found[name] = content_hash(connection, name)
            parquet = f"read_parquet('{folder / name}.parquet')"
            if content_hash(connection, parquet) != found[name]:
                sys.exit(f"torn: {name} is not the same in the file and in Parquet")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    place = Path(tempfile.mkdtemp(prefix="kill_builds_"))
    subprocess.run(
        [
            *(sys.executable, "-m", "tools.generate_demo", "--format", "parquet"),
            *("--customers", str(options.customers), "--out", str(place / "crm")),
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    if start(place).wait():
        sys.exit("the undisturbed build failed")
    nodes = finished_nodes(place)
    expected = publication(place)
    print(f"undisturbed: {nodes} nodes, {len(expected)} marts published", flush=True)
    for kill in range(1, options.kills + 1):
        after = draw.randrange(nodes)
        build = start(place)
        while build.poll() is None and finished_nodes(place) < after:
            time.sleep(0.02)
        if build.poll() is None:
            os.killpg(build.pid, signal.SIGKILL)
        build.wait()
        reached = finished_nodes(place)
        if publication(place) != expected:
            sys.exit(f"kill {kill}, after {reached} nodes: the publication has changed")
        if run_again(place):
            sys.exit(f"kill {kill}, after {reached} nodes: the next run failed")
        found = marts(place, expected)
        others = [name for name in expected if found[name] != expected[name]]
        if others:
            sys.exit(
                f"kill {kill}, after {reached} nodes: the next run changed {others}; see {place}"
            )
        print(f"kill {kill}: after {reached} of {nodes} nodes; publication whole", flush=True)
    shutil.rmtree(place)
    print(f"{options.kills} builds killed: never a torn publication, always the same marts after")


if __name__ == "__main__":
    main()
