"""Is a planted change seen, and no change left alone? `python benchmarks/drift.py --help`.

Customers are simulated here, in continuous time, by code that shares nothing with the library:
purchase rates and rates of leaving differ by gamma distributions, and from some day on all of them
are multiplied by a factor. Each business is fitted as of a month ago and as of now, and judged as
`fct_cltv_drift` does, by the limits in seeds/reference/drift_rules.csv. One line per case: how
often parameters, last month's forecast of orders and inputs came to alert, and to refit.

With `--chance` nothing is planted: how often do forecasts of 30 and of 365 days, of orders and of
net revenue, miss by more than chance is said to explain?
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


def histories_as_of(first, who, day, today, whole_weeks):
    """Return every customer's history up to a day, also of those who are yet to come."""
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
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency_days": recency,
            "age_days": age,
            "customers": 1,
            "log_gap_sum": np.bincount(who[known], np.log(gap), minlength=len(first)),
        }
    )


def cells_as_of(first, who, day, today, origin_id, whole_weeks):
    """Return the cells of all customers who had bought by a day."""
    table = histories_as_of(first, who, day, today, whole_weeks).assign(origin_id=origin_id)
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
    expected, orders = one_by_one(cells, fits, "month_before", first, who, day, 30)
    chance = 2 * np.sqrt(max((orders**2).sum(), expected.sum()))
    missed = max(0.0, abs(orders.sum() - expected.sum()) - chance) / expected.sum()
    return {
        "moved": ensemble.value_now / ensemble.value_before - 1,
        "ensemble": status(ensemble.distance, rules["parameter"]),
        "parameter": status(parameters["distance"].max(), rules["parameter"]),
        "input": status(
            figures.loc[figures["drift_kind"] == "input", "distance"].max(), rules["input"]
        ),
        "forecast": status(missed, rules["forecast"]),
    }


def one_by_one(cells, fits, origin_id, first, who, day, horizon):
    """Return the orders expected of each customer by the ensemble, and those that came."""
    today = DAYS - horizon
    weeks = origin_id == "month_before"
    keys = ["frequency", "recency_days", "age_days"]
    scores = score_purchase_cells(
        cells[cells["origin_id"] == origin_id],
        fits,
        {"h": horizon},
        discounted_horizon=None,
        discounted_origins=(),
    )
    scores = scores[scores["model_name"] == "ensemble"].set_index(keys)["expected_orders_h"]
    histories = histories_as_of(first, who, day, today, weeks)[first <= today]
    expected = scores.loc[pd.MultiIndex.from_frame(histories[keys])].to_numpy()
    came = np.bincount(who[day > today], minlength=len(first))[first <= today]
    return expected, came.astype(float)


def missed_by_chance(seed, customers, horizon):
    """Return by how many roots of the variance a forecast missed, for two ways to tell it."""
    first, who, day = simulate(seed, customers)
    cells = cells_as_of(first, who, day, DAYS - horizon, "then", whole_weeks=False)
    fits = fit_purchase_models(cells, by_group=False, errors="sandwich")
    expected, orders = one_by_one(cells, fits, "then", first, who, day, horizon)
    rng = np.random.default_rng(seed)
    # what a purchase is worth differs between customers and from purchase to purchase
    mean = rng.lognormal(3.5, 0.6, len(orders))
    value = np.array(
        [rng.gamma(4.0, m / 4.0, int(n)).sum() for m, n in zip(mean, orders, strict=True)]
    )
    found = {}
    for name, foreseen, came in (
        ("orders", expected, orders),
        ("net revenue", expected * mean, value),
    ):
        one_by_one_variance = (foreseen**2 / expected).sum()
        miss = abs(came.sum() - foreseen.sum())
        found[name, "one by one"] = miss / np.sqrt(one_by_one_variance)
        found[name, "squares"] = miss / np.sqrt(max((came**2).sum(), one_by_one_variance))
    return found


def status(distance, rule):
    hold_below, refit_from = rule
    return "hold" if distance < hold_below else "alert" if distance < refit_from else "refit"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[500, 3000, 10000])
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--chance", action="store_true")
    options = parser.parse_args()
    if options.chance:
        print("forecasts that miss by more than two roots")
        for days in (30, 365):
            for customers in options.customers:
                found = pd.DataFrame(
                    [missed_by_chance(seed, customers, days) for seed in range(options.seeds)]
                )
                shares = [
                    f"{' '.join(name)} {share:.0%}" for name, share in (found > 2).mean().items()
                ]
                print(f"{days:>4} days {customers:>6} customers: {', '.join(shares)}")
        return
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
