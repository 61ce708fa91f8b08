"""Histories for the tests: real ones where the data are at hand, simulated ones everywhere."""

import os
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("CRM_CLTV_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
CALIBRATION_END = pd.Timestamp("1997-09-30")
HOLDOUT_WEEKS = 39


def _cdnow(name, customer_column):
    path = DATA / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"{path} is absent; set CRM_CLTV_REFERENCE_DATA to the folder that has it")
    lines = duckdb.sql(f"select * from read_parquet('{path}')").df()
    lines["day"] = pd.to_datetime(lines["order_date"])
    # several lines of one day are one purchase
    days = lines.groupby([customer_column, "day"], as_index=False)["revenue"].sum()
    first = days.groupby(customer_column)["day"].transform("min")
    calibration = days[days["day"] <= CALIBRATION_END]
    holdout = days[days["day"] > CALIBRATION_END]
    seen = calibration.groupby(customer_column)["day"].agg(["min", "max", "count"])
    repeats = calibration[calibration["day"] > first[calibration.index]]
    repeats = repeats.groupby(customer_column)["revenue"].agg(["count", "mean"])
    repeats = repeats.reindex(seen.index).fillna({"count": 0, "mean": 0.0})
    ahead = holdout.groupby(customer_column)["revenue"].agg(["count", "sum"])
    ahead = ahead.reindex(seen.index).fillna(0.0)
    return SimpleNamespace(
        frequency=(seen["count"] - 1).to_numpy(),
        recency=(seen["max"] - seen["min"]).dt.days.to_numpy(),
        age=(CALIBRATION_END - seen["min"]).dt.days.to_numpy(),
        repeat_count=repeats["count"].to_numpy(),
        repeat_mean=repeats["mean"].to_numpy(),
        holdout=ahead["count"].to_numpy(),
        holdout_spend=float(ahead["sum"].sum()),
    )


@pytest.fixture(scope="session")
def cdnow_sample():
    """CDNOW, the tenth of the cohort that the papers use, in the order of its customer ids."""
    return _cdnow("cdnow_sample", "sample_customer_id")


@pytest.fixture(scope="session")
def cdnow_full():
    """CDNOW, the whole cohort."""
    return _cdnow("cdnow_full", "customer_id")


def _simulate(seed, customers, r=0.6, alpha=5.0, a=0.8, b=2.5, days=(60, 400)):
    """Draw day-grained BG/NBD histories; alpha in weeks."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(r, 1 / (7 * alpha), customers)
    loss = rng.beta(a, b, customers)
    age = rng.integers(*days, customers)
    count, last = np.zeros(customers, int), np.zeros(customers, int)
    clock, active = np.zeros(customers), np.arange(customers)
    while len(active):
        clock[active] += rng.exponential(size=len(active)) / rate[active]
        active = active[clock[active] < age[active]]
        day = np.ceil(clock[active]).astype(int)
        count[active] += day > last[active]
        last[active] = day
        active = active[rng.random(len(active)) > loss[active]]
    return SimpleNamespace(frequency=count, recency=last, age=age)


@pytest.fixture(scope="session")
def simulate():
    """Return the simulator of day-grained BG/NBD histories."""
    return _simulate


@pytest.fixture(scope="session")
def cells_of():
    """Return a function that makes a frame of cells of histories."""

    def cells(histories, origin_id="2024-01-01"):
        frame = pd.DataFrame(
            {
                "origin_id": origin_id,
                "frequency": histories.frequency,
                "recency_days": histories.recency,
                "age_days": histories.age,
            }
        )
        keys = list(frame.columns)
        return frame.groupby(keys, as_index=False).size().rename(columns={"size": "customers"})

    return cells


@pytest.fixture(scope="session")
def reference_file():
    """Return a function that finds a file of real data by its name, or skips the test."""

    def find(name):
        path = DATA / name
        if not path.exists():
            pytest.skip(f"{path} is absent; set CRM_CLTV_REFERENCE_DATA to the folder that has it")
        return path

    return find
