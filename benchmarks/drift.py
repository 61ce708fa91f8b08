"""Is a planted change seen, and no change left alone? `python benchmarks/drift.py --help`.

Customers are simulated here, in continuous time, by code that shares nothing with the library:
purchase rates and rates of leaving differ by gamma distributions, and from some day on all of them
are multiplied by a factor. Each business is fitted as of a month ago and as of now, and judged as
`fct_cltv_drift` does, by the limits in seeds/reference/drift_rules.csv. One line per case: how
often parameters, last month's forecast of orders and inputs came to alert, and to refit.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cltv.evaluation import drift_figures  # noqa: E402
from cltv.purchase import fit_purchase_models, score_purchase_cells  # noqa: E402

DAYS = 900
CASES = {
    "nothing": {},
    "half as many purchases, for a month": {"buying": 0.5, "since": 30},
    "half as many purchases, for two months": {"buying": 0.5, "since": 60},
    "half as many again, for two months": {"buying": 1.5, "since": 60},
    "twice as many leave, for two months": {"leaving": 2.0, "since": 60},
    "twice as many leave, for half a year": {"leaving": 2.0, "since": 180},
}


def simulate(seed, customers, buying=1.0, leaving=1.0, since=30):
    """Return the day of each first purchase, and customer and day of every later one."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, DAYS, customers)
    rate = rng.gamma(0.8, 0.0095, customers)
    loss = rng.gamma(0.4, 1 / 112, customers)
    # a changed rate is the old one on a clock that runs faster or slower
    calm = np.maximum(0, DAYS - since - first)
    changed = np.minimum(since, DAYS - first)

    def calendar(elapsed, calm, factor):
        return np.where(elapsed <= calm, elapsed, calm + (elapsed - calm) / factor)

    gone = first + calendar(rng.exponential(size=customers) / loss, calm, leaving)
    length = calm + buying * changed
    who = np.repeat(np.arange(customers), rng.poisson(rate * length))
    moment = first[who] + calendar(rng.random(len(who)) * length[who], calm[who], buying)
    day = np.ceil(moment).astype(int)
    kept = (moment < gone[who]) & (day > first[who]) & (day <= DAYS)
    return first, *np.unique(np.stack([who[kept], day[kept]]), axis=1)


def cells_as_of(first, who, day, today, origin_id, whole_weeks):
    """Return the cells of all customers who had bought by a day."""
    known = day <= today
    frequency = np.bincount(who[known], minlength=len(first))
    last = first.copy()
    np.maximum.at(last, who[known], day[known])
    gap = np.diff(day[known], prepend=0)
    fresh = np.diff(who[known], prepend=-1) > 0
    gap[fresh] = (day[known] - first[who[known]])[fresh]
    recency, age = last - first, today - first
    if whole_weeks:
        recency = np.where(frequency > 0, np.maximum(7, 7 * ((recency + 3) // 7)), 0)
        age = np.maximum(7 * ((age + 3) // 7), recency)
    table = pd.DataFrame(
        {
            "origin_id": origin_id,
            "frequency": frequency,
            "recency_days": recency,
            "age_days": age,
            "customers": 1,
            "log_gap_sum": np.bincount(who[known], np.log(gap), minlength=len(first)),
        }
    )
    keys = ["origin_id", "frequency", "recency_days", "age_days"]
    return table[first <= today].groupby(keys, as_index=False).sum()


def judge(seed, customers, case, rules):
    """Return the worst status of the parameters and that of last month's forecast, and figures."""
    first, who, day = simulate(seed, customers, **case)
    cells = pd.concat(
        [
            cells_as_of(first, who, day, DAYS - 30, "month_before", whole_weeks=True),
            cells_as_of(first, who, day, DAYS, "now", whole_weeks=False),
        ],
        ignore_index=True,
    )
    fits = fit_purchase_models(cells, by_group=False, errors="sandwich")
    figures = drift_figures(cells, fits, "month_before", "now")
    parameters = figures[figures["drift_kind"] == "parameter"]
    (ensemble,) = parameters[parameters["figure_name"] == "ensemble"].itertuples()
    scores = score_purchase_cells(cells, fits, {"1m": 30}, discounted_horizon=None)
    scores = scores[(scores["model_name"] == "ensemble") & (scores["origin_id"] == "month_before")]
    keys = ["origin_id", "frequency", "recency_days", "age_days"]
    scores = scores.merge(cells, on=keys, validate="one_to_one")
    foreseen = (scores["expected_orders_1m"] * scores["customers"]).sum()
    came = ((day > DAYS - 30) & (first[who] <= DAYS - 30)).sum()
    missed = max(0.0, (abs(came - foreseen) - 2 * np.sqrt(foreseen)) / foreseen)
    return {
        "moved": ensemble.value_now / ensemble.value_before - 1,
        "ensemble": status(ensemble.distance, rules["parameter"]),
        "parameter": status(parameters["distance"].max(), rules["parameter"]),
        "input": status(
            figures.loc[figures["drift_kind"] == "input", "distance"].max(), rules["input"]
        ),
        "forecast": status(missed, rules["forecast"]),
    }


def status(distance, rule):
    hold_below, refit_from = rule
    return "hold" if distance < hold_below else "alert" if distance < refit_from else "refit"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[500, 3000, 10000])
    parser.add_argument("--seeds", type=int, default=100)
    options = parser.parse_args()
    with (ROOT / "seeds" / "reference" / "drift_rules.csv").open() as stream:
        rules = {
            row["drift_kind"]: (float(row["hold_below"]), float(row["refit_from"]))
            for row in csv.DictReader(stream)
        }
    kinds = ("ensemble", "parameter", "forecast", "input")
    print(f"{'':40}{'customers':>10}{'moved by':>16}", end="")
    print("".join(f"{kind + ' alert, refit':>26}" for kind in kinds))
    for name, case in CASES.items():
        for customers in options.customers:
            found = pd.DataFrame(
                [judge(seed, customers, case, rules) for seed in range(options.seeds)]
            )
            moved = f"{found['moved'].mean():+.1%} ± {found['moved'].std():.1%}"
            shares = [
                f"{(found[kind] == 'alert').mean():.0%}, {(found[kind] == 'refit').mean():.0%}"
                for kind in kinds
            ]
            print(f"{name:40}{customers:>10}{moved:>16}", "".join(f"{x:>26}" for x in shares))


if __name__ == "__main__":
    main()
