"""How long do fits, scores and intervals take? `python benchmarks/fit.py --help`.

Each case runs in a process of its own, so that its peak memory is its own. Peers run in the same
benchmark, and are compared as ratios of time only: name the interpreters of environments that have
lifetimes or PyMC-Marketing with `--peer-python`. Peers are fitted on the CDNOW sample, lifetimes'
BG/NBD on the simulated customers, too.
"""

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cltv.fit_rows import COLUMNS  # noqa: E402
from cltv.frames import frame_of_rows  # noqa: E402
from cltv.purchase import (  # noqa: E402
    MODELS,
    fit_purchase_model,
    fit_purchase_models,
    purchase_cell_intervals,
    score_purchase_cells,
)

DATA = Path(os.environ.get("CRM_CLTV_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
HORIZONS = {"3m": 91, "6m": 182, "12m": 365, "24m": 730, "36m": 1095}
ORIGIN = "now"

PEERS = """
import json, sys, time
import pandas as pd
cells = pd.read_csv(sys.argv[1])
found = {}


def best(call, repetitions):
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


try:
    import lifetimes
except ImportError:
    lifetimes = None
if lifetimes:
    columns = (cells["frequency"], cells["recency"], cells["age"])
    fitters = {
        "bg_nbd": lifetimes.BetaGeoFitter,
        "mbg_nbd": lifetimes.ModifiedBetaGeoFitter,
        "pareto_nbd": lifetimes.ParetoNBDFitter,
    }
    for name in sys.argv[2].split(","):
        def fit():
            fitters[name]().fit(*columns, weights=cells["customers"])
        try:
            found["lifetimes " + name] = best(fit, int(sys.argv[3]))
        except Exception as error:
            found["lifetimes " + name] = None
try:
    from pymc_marketing import clv
except ImportError:
    clv = None
if clv and sys.argv[4] == "yes":
    import logging
    logging.disable(logging.CRITICAL)
    rows = cells.loc[cells.index.repeat(cells["customers"])].reset_index(drop=True)
    data = pd.DataFrame(
        {"customer_id": rows.index, "frequency": rows["frequency"], "recency": rows["recency"],
         "T": rows["age"]}
    )
    models = {"bg_nbd": "BetaGeoModel", "mbg_nbd": "ModifiedBetaGeoModel",
              "pareto_nbd": "ParetoNBDModel"}
    for name in sys.argv[2].split(","):
        if not hasattr(clv, models[name]):
            continue
        def fit():
            model = getattr(clv, models[name])(data)
            model.build_model()
            try:
                model.fit(method="map", progressbar=False)
            except TypeError:
                model.fit(fit_method="map", progressbar=False)
        # the first run compiles, the best of the others is warm
        try:
            found["PyMC-Marketing " + name] = best(fit, 3)
        except Exception as error:
            print(name, error, file=sys.stderr)
            found["PyMC-Marketing " + name] = None
print(json.dumps(found))
"""


def cdnow_sample():
    """Read the CDNOW sample as one row per customer, times in days; None where it is absent."""
    path = DATA / "cdnow_sample.parquet"
    if not path.exists():
        return None
    with duckdb.connect() as connection:
        columns = connection.execute(
            """
            with days as (
                select distinct customer_id, order_date::date as day
                from read_parquet(?)
                where order_date::date <= date '1997-09-30'
            ),

            gaps as (
                select
                    *,
                    date_diff('day', lag(day) over (partition by customer_id order by day), day)
                        as gap
                from days
            )

            select
                count(*) - 1,
                date_diff('day', min(day), max(day)),
                date_diff('day', min(day), date '1997-09-30'),
                coalesce(sum(ln(gap)), 0)
            from gaps
            group by customer_id
            """,
            [str(path)],
        ).fetchnumpy()
    return tuple(np.asarray(column) for column in columns.values())


def simulated_cells(customers, grain, seed=1):
    """Draw day-grained histories of up to two years and collapse them, a million at a time."""
    parts = [
        cells_of(_simulated(min(1_000_000, customers - start), seed + start), grain)
        for start in range(0, customers, 1_000_000)
    ]
    keys = ["origin_id", "frequency", "recency_days", "age_days"]
    return pd.concat(parts).groupby(keys, as_index=False).sum()


def _simulated(customers, seed):
    """Return purchase days after the first, recency, age (days) and the sum of log gaps."""
    rng = np.random.default_rng(seed)
    age = rng.integers(1, 731, customers)
    rate = rng.gamma(0.6, 1 / 60.0, customers)
    last_rank = rng.geometric(np.maximum(rng.beta(0.8, 2.4, customers), 1e-9))
    total = rng.poisson(rate * age)
    owner = np.repeat(np.arange(customers), total)
    day = np.sort(rng.random(len(owner)) * age[owner] + owner * 1024.0) - owner * 1024.0
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(total) - total, total)
    day = np.ceil(day).astype(int)
    kept = rank < last_rank[owner]
    first_of_day = np.ones(len(owner), dtype=bool)
    first_of_day[1:] = (owner[1:] != owner[:-1]) | (day[1:] != day[:-1])
    kept &= first_of_day
    owner, day = owner[kept], day[kept]
    last = np.zeros(customers, dtype=int)
    np.maximum.at(last, owner, day)
    before = np.zeros(len(day), dtype=int)
    before[1:] = np.where(owner[1:] == owner[:-1], day[:-1], 0)
    log_gap_sum = np.bincount(owner, weights=np.log(day - before), minlength=customers)
    return np.bincount(owner, minlength=customers), last, age, log_gap_sum


def cells_of(histories, grain):
    """Collapse histories to the table of cells that the models get; `grain` in days."""
    frequency, recency, age, log_gap_sum = histories
    frame = pd.DataFrame(
        {
            "frequency": frequency,
            "recency_days": np.ceil(recency / grain).astype(int) * grain,
            "age_days": np.ceil(age / grain).astype(int) * grain,
            "log_gap_sum": log_gap_sum,
        }
    )
    keys = ["frequency", "recency_days", "age_days"]
    grouped = frame.groupby(keys, as_index=False)
    cells = grouped.agg(customers=("log_gap_sum", "size"), log_gap_sum=("log_gap_sum", "sum"))
    return cells.assign(origin_id=ORIGIN)


def spend_fits():
    """Rows of a spend model with CDNOW's parameters: its fit is not what is timed here."""
    key = (ORIGIN, "gamma_gamma", "net_revenue")
    nothing = (float("nan"),) * 3
    rows = [(*key, "fit_status", "status", 1.0, *nothing, "fitted")]
    for name, value in {"p": 6.25, "q": 3.74, "v": 15.4}.items():
        rows.append((*key, name, "parameter", value, *nothing, None))
    return frame_of_rows(rows, COLUMNS)


def _cells(case, customers):
    if case != "cdnow":
        return simulated_cells(customers, 7 if case == "week" else 1)
    histories = cdnow_sample()
    return None if histories is None else cells_of(histories, 1)


def _timed(call, repetitions):
    """Return the best of several times in seconds, and the last result."""
    best, result = float("inf"), None
    for _ in range(repetitions):
        start = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - start)
    return best, result


def run(case, customers):
    """Time one case; returns (seconds by step, cells, peak memory in MB), or None without data."""
    cells = _cells(case, customers)
    if cells is None:
        return None
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    repetitions = 20 if case == "cdnow" else 1 if customers > 1_000_000 else 3
    columns = (cells["frequency"], cells["recency_days"] / 7, cells["age_days"] / 7)
    seconds, fits = {}, []
    for name, model in MODELS.items():
        if name != "mbg_cnbd_k":
            seconds[f"fit {name}"], _ = _timed(
                lambda model=model: fit_purchase_model(
                    model, *columns, weight=cells["customers"], method="mle"
                ),
                repetitions,
            )
        call = {"models": name, "by_group": False}
        seconds[f"fit table {name}"], rows = _timed(
            lambda call=call: fit_purchase_models(cells, **call), min(repetitions, 3)
        )
        fits.append(rows[rows["model_name"] == name])
        seconds[f"score {name}"], _ = _timed(
            lambda: score_purchase_cells(cells, fits[-1], HORIZONS), min(repetitions, 3)
        )
    fits = pd.concat(fits, ignore_index=True)
    seconds["score all"], _ = _timed(lambda: score_purchase_cells(cells, fits, HORIZONS), 1)
    # the simulation knows no day that left nothing
    valued = cells.assign(purchase_count=cells["frequency"] + 1)
    seconds["intervals"], _ = _timed(
        lambda: purchase_cell_intervals(valued, fits, spend_fits(), {ORIGIN: 365}), 1
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return seconds, len(cells), base, peak


def peers(case, customers, pythons):
    """Time the peers that these interpreters have; {name: seconds or None}."""
    if not pythons:
        return {}
    cells = _cells(case, customers)
    models = "bg_nbd,mbg_nbd,pareto_nbd" if case == "cdnow" else "bg_nbd"
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "cells.csv")
        frame = pd.DataFrame(
            {
                "frequency": cells["frequency"],
                "recency": cells["recency_days"] / 7,
                "age": cells["age_days"] / 7,
                "customers": cells["customers"],
            }
        )
        frame.to_csv(path, index=False)
        for python in pythons:
            options = [models, "5" if case == "cdnow" else "1", "yes" if case == "cdnow" else "no"]
            result = subprocess.run(
                [python, "-W", "ignore", "-c", PEERS, path, *options],
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode:
                print(f"{python}: {result.stderr.strip().splitlines()[-1]}")
            else:
                found |= json.loads(result.stdout.strip().splitlines()[-1])
    return found


def report(case, outcome, found):
    seconds, cells, base, peak = outcome
    print(f"\n{case}: {cells:,} cells, {peak:,.0f} MB at the peak ({base:,.0f} MB before the fits)")
    print(f"{'':<12} {'fit':>9} {'fit table':>10} {'score':>9}  peers, as multiples of the fit")
    for name in MODELS:
        fit = seconds.get(f"fit {name}")
        ratios = [
            f"{peer.rsplit(' ', 1)[0]} {'failed' if value is None else f'{value / fit:,.0f}x'}"
            for peer, value in found.items()
            if peer.endswith(" " + name)
        ]
        print(
            f"{name:<12} {'-' if fit is None else f'{fit:.4f}':>9}"
            f" {seconds[f'fit table {name}']:>10.4f} {seconds[f'score {name}']:>9.4f}"
            f"  {', '.join(ratios)}"
        )
    whole = sum(seconds[f"fit table {name}"] for name in MODELS)
    print(
        f"{'all':<12} {'':>9} {whole:>10.4f} {seconds['score all']:>9.4f}"
        f"  intervals {seconds['intervals']:.2f}"
    )


def main(argv=None):
    parser = argparse.ArgumentParser(prog="fit", description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000, help="simulated customers")
    parser.add_argument(
        "--cases",
        default="cdnow,week,day",
        help="which of cdnow, week (grain), day (grain); all by default",
    )
    parser.add_argument(
        "--peer-python",
        action="append",
        default=[],
        help="interpreter of an environment with lifetimes or PyMC-Marketing; may be repeated",
    )
    arguments = parser.parse_args(argv)
    print(
        "seconds, best of several; fit table adds checks, the choice of k and, up to 40,000 cells,"
    )
    print("bootstrapped errors; scores have five horizons and two discounted figures")
    for case in arguments.cases.split(","):
        # a fresh process each, so that the peak is the peak of this case
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            outcome = pool.submit(run, case, arguments.customers).result()
        if outcome is None:
            print(f"\n{case}: data absent, set CRM_CLTV_REFERENCE_DATA")
            continue
        report(case, outcome, peers(case, arguments.customers, arguments.peer_python))
    return 0


if __name__ == "__main__":
    sys.exit(main())
