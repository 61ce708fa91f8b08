"""Could intervals be set right by what is known at the origin? `--help` for options.

On the CDNOW holdouts the coverage of intervals falls short of their own content, and the PIT is
not flat. Here is what was tried against it, learning from earlier origins only: each holdout of
these ends where the purchases that a prediction may see end. One row sees the holdout, and is
marked: no correction of the level can do better than that one. With `--simulated`, the same on
customers whose process is a member of the ensemble, and with `--database` on four origins of a
built database, such as the demo's: whether a cure harms where nothing is ill.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize
from scipy.special import betainc

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.accuracy import (  # noqa: E402
    DATA,
    HISTORY,
    HORIZONS,
    ORIGIN,
    SAMPLE_KEYS,
    customers,
    with_keys,
)
from cltv.evaluation.distributions import PredictiveCounts  # noqa: E402
from cltv.evaluation.grading import total_band  # noqa: E402
from cltv.evaluation.metrics import (  # noqa: E402
    CountDistribution,
    flatness,
    flatness_by_chance,
    interval_coverage,
    pit_histogram,
)
from cltv.purchase import MODELS, fit_purchase_models  # noqa: E402
from cltv.purchase.family import members, read_fits  # noqa: E402

# every month end with the 90 days of past that a fit needs; the first three look furthest ahead
EARLIER = ("1997-04-30", "1997-05-31", "1997-06-30", "1997-07-31", "1997-08-31")
LONGEST = 3
LEVELS = (0.5, 0.8, 0.9)
TRUTHS = ("bg_nbd", "pareto_nbd")
START, COHORT_DAYS, DAYS = date(1997, 1, 1), 84, 546


@dataclass
class Outcome:
    """One origin: histories with what came, and the predictive distributions of the members."""

    cells: pd.DataFrame
    horizon: int
    predictive: PredictiveCounts
    origin: str
    names: list

    @property
    def actual(self):
        """Purchases in the holdout, per row."""
        return self.cells["holdout_orders"].to_numpy()

    @property
    def weight(self):
        """Customers per row."""
        return self.cells["customers"].to_numpy(dtype=float)

    def member(self, name, stretch=1.0):
        """Probabilities of counts with the horizon stretched: more or fewer purchases for all."""
        return self.predictive(self.origin, name, self.cells, self.horizon * stretch)

    def mixture(self, weights=None, stretch=1.0):
        """Probabilities of counts of the ensemble, by default with equal weights."""
        weights = np.full(len(self.names), 1 / len(self.names)) if weights is None else weights
        parts = [self.member(name, stretch) for name in self.names]
        return sum(weight * part for weight, part in zip(weights, parts, strict=True))

    def total(self, probabilities):
        """Purchases of all customers that these probabilities foresee."""
        return self.weight @ probabilities @ np.arange(probabilities.shape[1])

    def log_ratio(self):
        """Logarithm of what came over what the ensemble foresaw, in total."""
        return np.log(self.weight @ self.actual / self.total(self.mixture()))


def outcome(read, origin, days):
    """Fit at one origin and hold against what came in the days after it; None without a fit."""
    table = with_keys(read(origin, days), origin)
    fits = fit_purchase_models(table, models=tuple(MODELS), by_group=False, errors="sandwich")
    cells = table.groupby([*HISTORY, "holdout_orders"], as_index=False)["customers"].sum()
    names = [one.name for one in members("ensemble", read_fits(fits).get(origin, {}))]
    if not names:
        return None
    return Outcome(cells, days, PredictiveCounts(fits), origin, names)


# ---------- what can be learnt from earlier origins


def _ends(actual, probabilities):
    upto = np.minimum(np.cumsum(probabilities, axis=1), 1.0)
    row = np.arange(len(actual))
    last = np.minimum(actual, upto.shape[1] - 1)
    return np.where(last > 0, upto[row, np.maximum(last, 1) - 1], 0.0), upto[row, last]


def _log_score(below, upto, weight):
    return weight @ np.log(np.maximum(upto - below, 1e-12)) / weight.sum()


def learnt_stretch(earlier):
    """Mean log-ratio of what came to what was foreseen, as a factor."""
    return float(np.exp(np.mean([one.log_ratio() for one in earlier])))


def learnt_weights(earlier):
    """Weights of the members with the best logarithmic score: stacking."""
    parts = [[_ends(one.actual, one.member(name)) for name in one.names] for one in earlier]

    def loss(logits):
        weights = _softmax(logits)
        scores = [
            _log_score(*np.tensordot(weights, np.array(ends), 1), one.weight)
            for one, ends in zip(earlier, parts, strict=True)
        ]
        return -np.mean(scores) + 1e-6 * logits @ logits

    return _softmax(minimize(loss, np.zeros(len(earlier[0].names)), method="Nelder-Mead").x)


def _softmax(logits):
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def learnt_bend(earlier):
    """Beta distribution that the cumulative probabilities are bent by (Ranjan & Gneiting 2010)."""
    ends = [(*_ends(one.actual, one.mixture()), one.weight) for one in earlier]

    def loss(logs):
        a, b = np.exp(logs)
        scores = [
            _log_score(betainc(a, b, below), betainc(a, b, upto), weight)
            for below, upto, weight in ends
        ]
        return -np.mean(scores)

    return np.exp(minimize(loss, np.zeros(2), method="BFGS").x)


def bent(probabilities, bend):
    upto = betainc(*bend, np.minimum(np.cumsum(probabilities, axis=1), 1.0))
    return np.diff(upto, axis=1, prepend=0.0)


def shaken(now, spread):
    """All customers share one shock to the level, whose log is normal with this spread."""
    points, weights = np.polynomial.hermite_e.hermegauss(7)
    weights = weights / weights.sum()
    return sum(
        share * now.mixture(stretch=float(np.exp(spread * point)))
        for point, share in zip(points, weights, strict=True)
    )


def learnt_spread(earlier):
    """Spread of the log-ratios as the band of totals takes it, from holdouts that overlap."""
    days = [date.fromisoformat(one.origin).toordinal() for one in earlier]
    band = total_band(
        [one.weight @ one.actual for one in earlier],
        [one.total(one.mixture()) for one in earlier],
        days,
        [one.horizon for one in earlier],
        level=0.6827,
    )
    return float(np.log(band.upper / band.lower) / 2)


# ---------- what it does to the holdout


def judge(now, probabilities):
    """Coverage less content, of intervals with both ends and of randomised ones; PIT; level."""
    distribution = CountDistribution(probabilities)
    figures = {}
    for level in LEVELS:
        held, content = interval_coverage(now.actual, distribution, level, now.weight)
        figures[f"gap_{level * 100:.0f}"] = held - content
    fine = pit_histogram(now.actual, distribution, now.weight, bins=40)
    for level in LEVELS:
        edge = round(20 * (1 - level))
        # a randomised interval holds what it promises to the letter, if the model is right
        figures[f"exact_{level * 100:.0f}"] = fine[edge : 40 - edge].sum() - level
    histogram = pit_histogram(now.actual, distribution, now.weight)
    figures["pit_flatness"] = flatness(histogram)
    figures["by_chance"] = flatness_by_chance(now.weight.sum())
    figures["bias"] = now.total(probabilities) / (now.weight @ now.actual) - 1
    figures["log_score"] = _log_score(*_ends(now.actual, probabilities), now.weight)
    return figures


def routes(read, now_on=ORIGIN, horizon=HORIZONS["holdout"], earlier_on=EARLIER):
    """Every route on one data set; a table with one row per route."""
    now = outcome(read, now_on, horizon)
    last = date.fromisoformat(now_on)
    earlier = [
        outcome(read, origin, (last - date.fromisoformat(origin)).days) for origin in earlier_on
    ]
    # what is learnt must be about the same members
    earlier = [one for one in earlier if one and one.names == now.names]
    rows = {"as shown": now.mixture()}
    rows |= {f"{name} alone": now.member(name) for name in now.names}
    for few, what in ((earlier, "all origins"), (earlier[:LONGEST], "3 longest")):
        stretch, weights, bend = learnt_stretch(few), learnt_weights(few), learnt_bend(few)
        shares = "/".join(f"{weight:.2f}" for weight in weights)
        rows[f"level x {stretch:.3f}, {what}"] = now.mixture(stretch=stretch)
        rows[f"weights {shares}, {what}"] = now.mixture(weights)
        rows[f"level and weights, {what}"] = now.mixture(weights, stretch)
        rows[f"beta({bend[0]:.2f}, {bend[1]:.2f}), {what}"] = bent(now.mixture(), bend)
    spread = learnt_spread(earlier)
    rows[f"common shock of sd {spread:.2f}"] = shaken(now, spread)
    actual = now.weight @ now.actual
    right = brentq(lambda factor: now.total(now.mixture(stretch=factor)) - actual, 0.3, 3.0)
    rows[f"SEES HOLDOUT: level x {right:.3f}"] = now.mixture(stretch=right)
    return pd.DataFrame({name: judge(now, probabilities) for name, probabilities in rows.items()}).T


def report(read):
    """Print the table of one data set."""
    table = routes(read)
    print(table.round(4).to_string(line_width=200), flush=True)
    return table


def cdnow_reader(name):
    """Histories of a CDNOW file by origin and days ahead; None where it is absent."""
    path = DATA / f"{name}.parquet"
    key = SAMPLE_KEYS.get(name, "customer_id")
    return (lambda origin, days: customers(path, key, origin, days)) if path.exists() else None


# ---------- customers whose process is known


def simulated_purchases(truth, count, seed):
    """Purchases of a cohort like CDNOW's, from the published parameters of its sample."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, COHORT_DAYS, count)
    left = np.full(count, np.inf)
    last_rank = np.full(count, np.iinfo(np.int64).max)
    if truth == "bg_nbd":
        rate = rng.gamma(0.242595, 1 / 4.413602, count) / 7
        last_rank = rng.geometric(np.maximum(rng.beta(0.792922, 2.425907, count), 1e-9))
    else:
        rate = rng.gamma(0.55328, 1 / 10.57768, count) / 7
        left = rng.exponential(7 / rng.gamma(0.60624, 1 / 11.66886, count))
    total = rng.poisson(rate * (DAYS - first))
    owner = np.repeat(np.arange(count), total)
    # sorted within each customer: the customer's number is the whole part
    place = np.sort(owner + rng.random(len(owner)))
    time = (place - owner) * (DAYS - first)[owner]
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(total) - total, total)
    kept = (rank < last_rank[owner]) & (time < left[owner])
    day = first[owner] + np.ceil(time).astype(int)
    start = pd.Timestamp(START)
    return pd.DataFrame(
        {
            "customer_id": np.concatenate([np.arange(count), owner[kept]]),
            "order_date": start + pd.to_timedelta(np.concatenate([first, day[kept]]), unit="D"),
            "revenue": 1.0,
        }
    )


def simulated(truth, count, seed):
    """Return the table of routes for one draw of known customers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "purchases.parquet"
        purchases = simulated_purchases(truth, count, seed)
        with duckdb.connect() as connection:
            connection.register("purchases", purchases)
            connection.execute(f"copy purchases to '{path}' (format parquet)")
        return routes(lambda origin, days: customers(path, "customer_id", origin, days))


# ---------- a built database


def of_database(database):
    """Return a table of routes for four origins, a year and less before the newest purchase."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "purchases.parquet"
        with duckdb.connect(str(database), read_only=True) as connection:
            connection.execute(
                f"""
                copy (
                    select customer_key as customer_id, purchased_on as order_date, 1.0 as revenue
                    from cltv_intermediate.int_customers__purchase_days
                ) to '{path}' (format parquet)
                """
            )
            (newest,) = connection.execute(
                "select max(purchased_on) from cltv_intermediate.int_customers__purchase_days"
            ).fetchone()
        tables = []
        for back in (365, 335, 304, 274):
            origin = newest - timedelta(days=back)
            tables.append(
                routes(
                    lambda day, days: customers(path, "customer_id", day, days),
                    origin.isoformat(),
                    back,
                    [(origin - timedelta(days=days)).isoformat() for days in (365, 304, 243, 182)],
                )
            )
        return tables


def together(tables):
    """Print mean absolute figures over tables, the logarithmic score as a plain mean."""
    print("mean absolute figures; the logarithmic score is a plain mean")
    for table in tables:
        # figures that are learnt are part of the names, and differ from table to table
        table.index = [_nameless(label) for label in table.index]
    mean = sum(table.abs() for table in tables) / len(tables)
    mean["log_score"] = sum(table["log_score"] for table in tables) / len(tables)
    print(mean.reindex(tables[0].index).round(4).to_string(line_width=200), flush=True)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="recalibration", description=__doc__.splitlines()[0])
    parser.add_argument("--simulated", type=int, default=0, help="customers to draw, 0 for none")
    parser.add_argument("--draws", type=int, default=4, help="how often to draw them")
    parser.add_argument("--database", type=Path, help="a built database, such as the demo's")
    arguments = parser.parse_args(argv)
    if arguments.database:
        print(f"\n{arguments.database}, four origins")
        together(of_database(arguments.database))
    for truth in TRUTHS if arguments.simulated else ():
        print(f"\n{truth} is right, {arguments.simulated:,} customers, {arguments.draws} draws")
        draws = range(arguments.draws)
        together([simulated(truth, arguments.simulated, seed) for seed in draws])
    if arguments.database or arguments.simulated:
        return 0
    for name in ("cdnow_sample", "cdnow_full"):
        read = cdnow_reader(name)
        print(f"\n{name}, {HORIZONS['holdout']} days from {ORIGIN}")
        if read is None:
            print("data absent: set CRM_CLTV_REFERENCE_DATA")
        else:
            report(read)
    return 0


def _nameless(label):
    head, comma, tail = label.rpartition(", ")
    for word in ("level and weights", "level", "weights", "beta"):
        if head.startswith(word):
            return f"{word}{comma}{tail}"
    return label.split(" x ")[0].split(" of ")[0]


if __name__ == "__main__":
    sys.exit(main())
