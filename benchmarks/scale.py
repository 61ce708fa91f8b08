"""How long all models take, and how much memory, on generated customers of any number.

    python benchmarks/scale.py --customers 1000000

Generates the raw tables as Parquet (once per size), runs every model on them through the folder
door, and prints the time of each model and folder, the whole, and the peak memory of the run.
First the main road alone is run (customers, orders and what they need), then all tables: the last
lines say what the other tables cost. `--tables main` or `--tables all` runs one of the two. With
`--compare N` the same is run for N customers, and the growth of each model is shown beside the
growth of its input: a model above it grows faster than the data. `--floor` copies every table that
the run wrote, as it stands: what the engine needs to read and write them, without any work.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import duckdb
import yaml

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "benchmarks" / "out"

# what the marts of orders, customers and channels need; `customers` and `orders` are always on
MAIN_ROAD = [
    "order_lines",
    "refunds",
    "products",
    "campaigns",
    "campaign_spend",
    "sales_reps",
    "exchange_rates",
]
TABLES = {"main": MAIN_ROAD, "all": "all"}


def generate(customers):
    """Write the raw tables, unless they are there from this generator; returns their folder."""
    folder = OUT / f"crm_{customers}"
    written = folder / "orders.parquet"
    generator = max(path.stat().st_mtime for path in (ROOT / "tools" / "demo").glob("*.py"))
    if not written.exists() or written.stat().st_mtime < generator:
        folder.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        subprocess.run(
            [
                *(sys.executable, "-m", "tools.generate_demo"),
                *("--customers", str(customers), "--format", "parquet", "--out", str(folder)),
            ],
            cwd=ROOT,
            check=True,
        )
        print(f"generated {customers:,} customers in {time.perf_counter() - started:.0f} s")
    return folder


def run(folder, customers, tables):
    """Run every model on a fresh database.

    Parameters
    ----------
    folder : Path
        Where the raw tables are.
    customers : int
        How many they hold, for names and lines.
    tables : {"main", "all"}
        Which raw tables are switched on.

    Returns
    -------
    seconds : dict of tuple to float
        (folder of the model, model) → seconds.
    models : float
        Seconds from the first model's start to the last one's end.
    peak : float
        GiB, of dbt's process.
    processor : float
        Seconds of processor time, of dbt's process.
    """
    database = OUT / f"scale_{customers}.duckdb"
    for leftover in OUT.glob(f"scale_{customers}.duckdb*"):
        leftover.unlink()
    target = OUT / f"target_{customers}"
    variables = json.dumps(
        {
            "raw_folder": str(folder),
            "crm_tables": TABLES[tables],
            "fallback_margin_rate": "0.5",
        }
    )
    dbt = str(Path(sys.executable).with_name("dbt"))
    environment = {
        **os.environ,
        "DBT_PROFILES_DIR": str(ROOT / "profiles"),
        "CRM_CLTV_DUCKDB_PATH": str(database),
        # the engine takes what it may: with a fifth of the target left to Python this holds it
        "CRM_CLTV_MEMORY_LIMIT": os.environ.get("CRM_CLTV_MEMORY_LIMIT", "5GB"),
    }

    def command(*words):
        log = OUT / f"log_{customers}.txt"
        with log.open("w") as output:
            process = subprocess.Popen(
                [dbt, "--no-use-colors", *words, "--vars", variables, "--target-path", str(target)],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            # of this one child: getrusage(RUSAGE_CHILDREN) would keep the peak of any earlier one
            _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(log.read_text())
        return usage

    command("seed")
    started = time.perf_counter()
    usage = command("run")
    wall = time.perf_counter() - started
    peak = usage.ru_maxrss / 2**20
    results = json.loads((target / "run_results.json").read_text())["results"]
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    seconds = {
        (folder_of(nodes[result["unique_id"]]), nodes[result["unique_id"]]["name"]): result[
            "execution_time"
        ]
        for result in results
        if result["unique_id"].startswith("model.")
    }
    times = [
        datetime.fromisoformat(step[edge])
        for result in results
        if result["unique_id"].startswith("model.")
        for step in result["timing"]
        for edge in ("started_at", "completed_at")
    ]
    models = (max(times) - min(times)).total_seconds()
    size = database.stat().st_size / 2**30
    processor = usage.ru_utime + usage.ru_stime
    print(
        f"{customers:,} customers, {tables} tables: {models:.1f} s for {len(seconds)} models, "
        f"{wall:.1f} s with dbt's start, {processor:.0f} s of processor time, "
        f"peak memory {peak:.2f} GiB, database {size:.2f} GiB"
    )
    return seconds, models, peak, processor


def print_floor(customers, processor):
    """Copy every table as it stands: processor seconds that no model of these tables can save."""
    profile = yaml.safe_load((ROOT / "profiles" / "profiles.yml").read_text())
    output = profile["crm_cltv"]["outputs"]["dev"]
    # the engine set up as dbt sets it up, but for how much memory it may take
    options = {
        name: value for name, value in output["config_options"].items() if name != "memory_limit"
    }
    database = OUT / f"scale_{customers}.duckdb"
    spent, cells = Counter(), Counter()
    with duckdb.connect(str(database), config=options) as connection:
        connection.execute("set enable_progress_bar = false")
        for name, value in output["settings"].items():
            connection.execute(f"set {name} = '{value}'")
        tables = connection.execute(
            "select schema_name, table_name, estimated_size * column_count from duckdb_tables()"
        ).fetchall()
        for schema, table, size in tables:
            before = resource.getrusage(resource.RUSAGE_SELF)
            connection.execute(
                f'create table "{schema}".floor_copy as select * from "{schema}"."{table}"'
            )
            after = resource.getrusage(resource.RUSAGE_SELF)
            connection.execute(f'drop table "{schema}".floor_copy')
            spent[table] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            cells[table] = size
    print(f"\n{'copied as it stands':<36}{'values':>12}{'processor seconds':>20}")
    for table, value in spent.most_common(12):
        print(f"{table:<36}{cells[table]:>12,}{value:>20.1f}")
    total = sum(spent.values())
    print(
        f"{'all tables':<36}{sum(cells.values()):>12,}{total:>20.1f}\n"
        f"to read and write what the run wrote takes {100 * total / processor:.0f} % of its "
        f"processor time; two processors are through with that alone in {total / 2:.0f} s"
    )


def folder_of(node):
    """The folder of a model under models/, or the name of the folder of Python models."""
    return str(Path(node["original_file_path"]).parent).removeprefix("models/")


def print_models(seconds, smaller, growth, top):
    """The dearest models, beside their growth where a smaller size was run as well."""
    print(
        f"\n{'model':<36}{'seconds':>9}" + (f"{'growth':>9}  (input {growth:g})" if growth else "")
    )
    for key, value in sorted(seconds.items(), key=lambda item: -item[1])[:top]:
        line = f"{key[1]:<36}{value:>9.2f}"
        if growth:
            line += f"{value / max(smaller[key], 1e-9):>9.1f}"
            # below a tenth of a second it is dbt's own work that is measured
            if value > 1 and value / max(smaller[key], 0.1) > 1.5 * growth:
                line += "  faster than its input"
        print(line)


def print_folders(seconds, main_road):
    """Seconds of each folder's models, and what of them the main road alone takes.

    Two models run at a time, so that the sum is about twice what passes on the clock.
    """
    sums, main_sums = Counter(), Counter()
    for (folder, _), value in seconds.items():
        sums[folder] += value
    for (folder, _), value in main_road.items():
        main_sums[folder] += value
    print(f"\n{'folder':<36}{'seconds':>9}" + (f"{'main':>9}{'others':>9}" if main_road else ""))
    for folder, value in sums.most_common():
        line = f"{folder:<36}{value:>9.2f}"
        if main_road:
            line += f"{main_sums[folder]:>9.2f}{value - main_sums[folder]:>9.2f}"
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--compare", type=int, default=0, help="a smaller size to compare with")
    parser.add_argument("--top", type=int, default=25, help="models to list")
    parser.add_argument(
        "--tables",
        choices=["both", *TABLES],
        default="both",
        help="main: the main road alone; all: every raw table; both: one after the other",
    )
    parser.add_argument("--floor", action="store_true", help="then copy every table as it stands")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    last = "main" if options.tables == "main" else "all"

    smaller, main_road, main_models = {}, {}, 0.0
    if options.compare:
        smaller, *_ = run(generate(options.compare), options.compare, last)
    folder = generate(options.customers)
    if options.tables == "both":
        main_road, main_models, *_ = run(folder, options.customers, "main")
    seconds, models, peak, processor = run(folder, options.customers, last)

    growth = options.customers / options.compare if options.compare else None
    print_models(seconds, smaller, growth, options.top)
    print_folders(seconds, main_road)
    print(f"\ntarget at 1,000,000: 60 s and 6 GiB; measured {models:.1f} s and {peak:.2f} GiB")
    if main_road:
        print(
            f"the main road alone: {main_models:.1f} s; "
            f"what the other tables cost: {models - main_models:.1f} s"
        )

    if options.floor:
        print_floor(options.customers, processor)


if __name__ == "__main__":
    main()
