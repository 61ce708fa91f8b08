"""How long do fits and scores take? `python benchmarks/fit.py --help`.

Each case runs in a process of its own, so that its peak memory is its own. Peers are compared as
ratios of time on the same machine, and only where they are installed.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cltv.purchase import (  # noqa: E402
    BGNBD,
    fit_purchase_model,
    fit_purchase_models,
    score_purchase_cells,
)

DATA = Path(os.environ.get("CRM_CLTV_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
HORIZONS = {"3m": 91, "6m": 182, "12m": 365, "24m": 730}


def cdnow_sample():
    """Read the CDNOW sample as one row per customer, times in days; None where it is absent."""
    path = DATA / "cdnow_sample.parquet"
    if not path.exists():
        return None
    with duckdb.connect() as connection:
        columns = connection.execute(
            """
            select
                count(distinct order_date) - 1,
                date_diff('day', min(order_date)::date, max(order_date)::date),
                date_diff('day', min(order_date)::date, date '1997-09-30')
            from read_parquet(?)
            where order_date::date <= date '1997-09-30'
            group by customer_id
            """,
            [str(path)],
        ).fetchnumpy()
    return tuple(np.asarray(column) for column in columns.values())


def simulated(customers, seed=1):
    """Draw day-grained histories of up to two years; times in days."""
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
    last = np.zeros(customers, dtype=int)
    np.maximum.at(last, owner[kept], day[kept])
    return np.bincount(owner[kept], minlength=customers), last, age


def cells_of(histories, grain):
    """Collapse histories to the table of cells that the models get; `grain` in days."""
    frequency, recency, age = histories
    frame = pd.DataFrame(
        {
            "frequency": frequency,
            "recency_days": np.ceil(recency / grain).astype(int) * grain,
            "age_days": np.ceil(age / grain).astype(int) * grain,
        }
    )
    keys = list(frame.columns)
    frame = frame.groupby(keys, as_index=False).size().rename(columns={"size": "customers"})
    return frame.assign(origin_id="2025-01-01")


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
    histories = cdnow_sample() if case == "cdnow" else simulated(customers)
    if histories is None:
        return None
    cells = cells_of(histories, 7 if case == "week" else 1)
    repetitions = 20 if case == "cdnow" else 3
    columns = (cells["frequency"], cells["recency_days"] / 7, cells["age_days"] / 7)
    model, weight = BGNBD(), cells["customers"]
    fit, _ = _timed(
        lambda: fit_purchase_model(model, *columns, weight=weight, method="mle"), repetitions
    )
    table, fits = _timed(lambda: fit_purchase_models(cells), repetitions)
    score, _ = _timed(lambda: score_purchase_cells(cells, fits, HORIZONS), repetitions)
    seconds = {"fit": fit, "fit table": table, "score": score}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds["lifetimes"] = _lifetimes(cells)
    return seconds, len(cells), peak


def _lifetimes(cells):
    """Time the same fit by lifetimes; None where it is not installed."""
    try:
        from lifetimes import BetaGeoFitter
    except ImportError:
        return None
    fitter = BetaGeoFitter()
    seconds, _ = _timed(
        lambda: fitter.fit(
            cells["frequency"],
            cells["recency_days"] / 7,
            cells["age_days"] / 7,
            weights=cells["customers"],
        ),
        1,
    )
    return seconds


def main(argv=None):
    parser = argparse.ArgumentParser(prog="fit", description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000, help="simulated customers")
    arguments = parser.parse_args(argv)
    print("seconds, best of several; fit table adds checking, scoring has four horizons")
    print(
        f"{'case':<8} {'cells':>9} {'fit':>8} {'fit table':>10} {'score':>8}"
        f" {'peak MB':>8} {'lifetimes':>10}"
    )
    for case in ("cdnow", "week", "day"):
        # a fresh process each, so that the peak is the peak of this case
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            outcome = pool.submit(run, case, arguments.customers).result()
        if outcome is None:
            print(f"{case:<8} {'-':>9}  data absent: set CRM_CLTV_REFERENCE_DATA")
            continue
        seconds, cells, peak = outcome
        peer = seconds["lifetimes"]
        ratio = "-" if peer is None else f"{peer / seconds['fit']:.1f}x"
        print(
            f"{case:<8} {cells:>9,} {seconds['fit']:>8.4f} {seconds['fit table']:>10.4f}"
            f" {seconds['score']:>8.4f} {peak:>8,.0f} {ratio:>10}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
