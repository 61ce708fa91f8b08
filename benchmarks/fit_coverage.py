"""Do 95 % intervals of BG/NBD hold the planted truth? `python benchmarks/fit_coverage.py --help`.

By default customers are simulated here, in continuous time, by code that shares nothing with the
library. With `--from-demo` they come out of the demo generator, as orders, and are counted by day.
The planted process is slow enough for that: were it three times as fast, 1.3 % of its repeat
purchases would fall on the day of the one before and be one with it, and alpha would come out 4.6 %
too high.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cltv.purchase import BGNBD, fit_purchase_model  # noqa: E402

SIMULATED_TRUTH = {"r": 0.9, "alpha": 8.0, "a": 0.8, "b": 2.4}
TARGET = 0.85  # of the seeds: 17 of 20


def simulate(seed, customers, truth):
    """Run buyers forward one purchase at a time; times in weeks."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(truth["r"], 1.0 / truth["alpha"], customers)
    loss = rng.beta(truth["a"], truth["b"], customers)
    age = rng.uniform(0.0, 130.0, customers)
    count, last = np.zeros(customers, dtype=int), np.zeros(customers)
    clock, buying = np.zeros(customers), np.arange(customers)
    while len(buying):
        clock[buying] += rng.exponential(size=len(buying)) / rate[buying]
        buying = buying[clock[buying] < age[buying]]
        count[buying] += 1
        last[buying] = clock[buying]
        buying = buying[rng.random(len(buying)) >= loss[buying]]
    return count, last, age


def from_demo(seed, customers, channel, customer_type):
    """Generate a demo and count purchase days of one channel and type; times in weeks."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tools.generate_demo", "--customers", str(customers)]
        command += ["--format", "parquet", "--out", folder, "--seed", str(seed), "--clean"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        with duckdb.connect() as connection:
            connection.execute(f"set file_search_path = '{folder}'")
            # a cancelled order is no purchase, and a replacement is none of the customer's doing
            histories = connection.execute(
                """
                with days as (
                    select distinct
                        orders.customer_id,
                        cast(orders.ordered_at as date) as day
                    from 'orders.parquet' as orders
                    inner join 'customers.parquet' as customers
                        on orders.customer_id = customers.customer_id
                    where
                        customers.acquisition_channel = ?
                        and customers.customer_type = ?
                        and orders.status not in ('cancelled', 'test')
                        and orders.order_type <> 'replacement'
                ),

                as_of as (
                    select max(cast(ordered_at as date)) as day from 'orders.parquet'
                )

                select
                    count(*) - 1,
                    date_diff('day', min(days.day), max(days.day)),
                    date_diff('day', min(days.day), any_value(as_of.day))
                from days
                cross join as_of
                group by days.customer_id
                """,
                [channel, customer_type],
            ).fetchnumpy()
            truth = dict(
                connection.execute(
                    """
                    select parameter, cast(value as double)
                    from 'demo_truth_processes.parquet'
                    where
                        acquisition_channel = ? and customer_type = ? and process = 'bg_nbd'
                    """,
                    [channel, customer_type],
                ).fetchall()
            )
    if not truth:
        raise SystemExit(f"fit_coverage: no bg_nbd process is planted in {channel}/{customer_type}")
    count, last, age = (np.asarray(column) for column in histories.values())
    return (count, last / 7.0, age / 7.0), truth


def main(argv=None):
    parser = argparse.ArgumentParser(prog="fit_coverage", description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=100_000, help="per seed (default 100000)")
    parser.add_argument("--seeds", type=int, default=20, help="how many (default 20)")
    parser.add_argument("--method", choices=("mle", "map"), default="mle")
    parser.add_argument("--from-demo", action="store_true", help="customers of the demo generator")
    parser.add_argument("--channel", default="email")
    parser.add_argument("--customer-type", default="consumer")
    arguments = parser.parse_args(argv)

    model = BGNBD()
    covered = dict.fromkeys(model.parameter_names, 0)
    off = {name: [] for name in model.parameter_names}
    customers = 0
    for seed in range(1, arguments.seeds + 1):
        if arguments.from_demo:
            histories, truth = from_demo(
                seed, arguments.customers, arguments.channel, arguments.customer_type
            )
        else:
            truth = SIMULATED_TRUTH
            histories = simulate(seed, arguments.customers, truth)
        fit = fit_purchase_model(model, *histories, method=arguments.method)
        customers += len(histories[0])
        for name, value in truth.items():
            covered[name] += fit.lower_95[name] <= value <= fit.upper_95[name]
            off[name].append((fit.params[name] - value) / fit.standard_error[name])

    print(f"{arguments.seeds} seeds, {customers / arguments.seeds:,.0f} customers each")
    print(f"{'parameter':<10} {'truth':>8} {'covered':>8} {'mean z':>8} {'sd z':>8}")
    for name, hits in covered.items():
        print(
            f"{name:<10} {truth[name]:>8.3f} {f'{hits}/{arguments.seeds}':>8}"
            f" {np.mean(off[name]):>8.2f} {np.std(off[name]):>8.2f}"
        )
    return int(min(covered.values()) < TARGET * arguments.seeds)


if __name__ == "__main__":
    sys.exit(main())
