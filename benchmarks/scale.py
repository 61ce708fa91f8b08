"""How long all models take, and how much memory, on generated customers of any number.

    python benchmarks/scale.py --customers 1000000

Generates the raw tables as Parquet (once per size), runs every model on them through the folder
door, and prints the time of each model, the whole, and the peak memory of the run. With
`--compare N` the same is run for N customers, and the growth of each model is shown beside the
growth of its input: a model above it grows faster than the data.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "benchmarks" / "out"


def generate(customers):
    """Write the raw tables, unless they are there; returns their folder."""
    folder = OUT / f"crm_{customers}"
    if not (folder / "orders.parquet").exists():
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


def run(folder, customers):
    """Run every model on a fresh database.

    Returns
    -------
    seconds : dict of str to float
        Model → seconds.
    models : float
        Seconds from the first model's start to the last one's end.
    peak : float
        GiB, of the largest process.
    """
    database = OUT / f"scale_{customers}.duckdb"
    for leftover in OUT.glob(f"scale_{customers}.duckdb*"):
        leftover.unlink()
    target = OUT / f"target_{customers}"
    variables = json.dumps(
        {
            "raw_folder": str(folder),
            "fallback_margin_rate": "0.5",
        }
    )
    dbt = str(Path(sys.executable).with_name("dbt"))
    environment = {
        **os.environ,
        "DBT_PROFILES_DIR": str(ROOT / "profiles"),
        "CRM_CLTV_DUCKDB_PATH": str(database),
    }

    def command(*words):
        finished = subprocess.run(
            [dbt, "--no-use-colors", *words, "--vars", variables, "--target-path", str(target)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode:
            sys.exit(finished.stdout + finished.stderr)

    command("seed")
    started = time.perf_counter()
    command("run")
    wall = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    results = json.loads((target / "run_results.json").read_text())["results"]
    seconds = {
        result["unique_id"].split(".")[-1]: result["execution_time"]
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
    print(
        f"{customers:,} customers: {models:.1f} s for {len(seconds)} models, "
        f"{wall:.1f} s with dbt's start, "
        f"peak memory {peak:.2f} GiB, database {size:.2f} GiB"
    )
    return seconds, models, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--compare", type=int, default=0, help="a smaller size to compare with")
    parser.add_argument("--top", type=int, default=25, help="models to list")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)

    smaller = {}
    if options.compare:
        smaller, _, _ = run(generate(options.compare), options.compare)
    # the peak of all children so far would hide a smaller one: the larger run comes last
    seconds, models, peak = run(generate(options.customers), options.customers)

    growth = options.customers / options.compare if options.compare else None
    print(
        f"\n{'model':<36}{'seconds':>9}" + (f"{'growth':>9}  (input {growth:g})" if growth else "")
    )
    for name, value in sorted(seconds.items(), key=lambda item: -item[1])[: options.top]:
        line = f"{name:<36}{value:>9.2f}"
        if growth:
            line += f"{value / max(smaller[name], 1e-9):>9.1f}"
            # below a tenth of a second it is dbt's own work that is measured
            if value > 1 and value / max(smaller[name], 0.1) > 1.5 * growth:
                line += "  faster than its input"
        print(line)
    print(f"\ntarget at 1,000,000: 60 s and 6 GiB; measured {models:.1f} s and {peak:.2f} GiB")


if __name__ == "__main__":
    main()
