"""Does every search end at the summit, and every prediction in a number? `--help` for options.

1. Random starts: how many end within .01 of the best log-likelihood found, per data set and model.
2. Histories of up to 20,000 purchases: how many predictions are no numbers, or out of bounds.
3. Samples of 50 customers: how many fits lie on the boundary, with the default and with `mle`.
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

from benchmarks.fit import DATA, cells_of  # noqa: E402
from cltv.cells import purchase_cells  # noqa: E402
from cltv.maximum_likelihood import optimise  # noqa: E402
from cltv.purchase import MODELS, MBGCNBDk, fit_purchase_model  # noqa: E402
from cltv.purchase.fitting import PurchaseProblem, fit_cells  # noqa: E402
from cltv.purchase.mbg_cnbd_k import fit_cnbd_k  # noqa: E402

WITHIN = 0.01
START_SD = 2.0  # of the log-parameters around the data's own scale: a factor of 50 either way


def _histories(purchases, as_of):
    """Count purchase days of a query (customer_id, day) up to a day; times in days."""
    with duckdb.connect() as connection:
        connection.execute(f"create table purchases as {purchases}")
        columns = connection.execute(
            f"""
            with days as (
                select distinct customer_id, day from purchases where day <= {as_of}
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
                date_diff('day', min(day), {as_of}),
                coalesce(sum(ln(gap)), 0)
            from gaps
            group by customer_id
            """
        ).fetchnumpy()
    return tuple(np.asarray(column) for column in columns.values())


def cdnow(name):
    """Read a CDNOW file; None where it is absent."""
    path = DATA / f"{name}.parquet"
    if not path.exists():
        return None
    query = f"select customer_id, order_date::date as day from read_parquet('{path}')"
    return _histories(query, "date '1997-09-30'")


def demo(customers, seed=1):
    """Generate a demo and count its purchase days."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tools.generate_demo", "--customers", str(customers)]
        command += ["--format", "parquet", "--out", folder, "--seed", str(seed), "--clean"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        query = f"""
            select customer_id, ordered_at::date as day from '{folder}/orders.parquet'
            where status not in ('cancelled', 'test') and order_type <> 'replacement'
        """
        return _histories(query, "(select max(day) from purchases)")


def heavy(customers=2000, seed=1):
    """Draw customers who buy every day or two, for up to two years; times in days."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(customers):
        age, left = int(rng.integers(100, 731)), rng.beta(0.5, 60.0)
        gaps = np.ceil(rng.exponential(1.0 / rng.gamma(4.0, 0.15), 1000))
        gaps = gaps[: rng.geometric(max(left, 1e-9))]
        gaps = gaps[np.cumsum(gaps) <= age]
        rows.append((len(gaps), gaps.sum(), age, np.log(gaps).sum()))
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def weekly_cells(histories):
    """Collapse histories in days to cells in weeks."""
    cells = cells_of(histories, 1)
    days = (cells[name] for name in ("frequency", "recency_days", "age_days", "customers"))
    return purchase_cells(*days, log_gap_sum=cells["log_gap_sum"]).scaled(7.0)


def model_of(name, cells):
    """Return a model; MBG/CNBD-k with the regularity that these cells show, 2 at least."""
    return MBGCNBDk(max(fit_cnbd_k(cells).model.k, 2)) if name == "mbg_cnbd_k" else MODELS[name]


def random_starts(model, cells, starts):
    """Return the share of random starts that end near the best, and the shortfall of the worst."""
    fit = fit_cells(model, cells, "mle")
    problem = PurchaseProblem(model, fit.scaled_cells)
    centre = model.centre(fit.scaled_cells)
    rng = np.random.default_rng(7)
    found = np.array(
        [
            optimise(problem, centre + rng.normal(0.0, START_SD, len(centre)), "mle").log_likelihood
            for _ in range(starts)
        ]
    )
    shortfall = found.max() - found
    default = found.max() - (fit.log_likelihood + fit.repeat_purchases * np.log(fit.mean_age))
    return (shortfall <= WITHIN).mean(), shortfall.max(), default


def sweep(model, params):
    """Predict for histories of up to 20,000 purchases; returns predictions, and how many failed."""
    x = np.unique(np.geomspace(1, 20_000, 120).astype(int)).astype(float)
    rows = [(0.0, 0.0, age) for age in (1.0, 52.0, 520.0)]
    for age in (1.0, 52.0, 520.0):
        rows += [(one, share * age, age) for one in x for share in (0.001, 0.3, 0.9, 1.0)]
    history = np.array(rows).T
    ahead = np.array([0.1, 52.0, 520.0])
    cells = purchase_cells(*history, log_gap_sum=history[0] * np.log(0.5))
    values, scores = model.cell_scores(params, cells)
    alive = model.probability_alive(params, *history)
    active = model.probability_active(params, *history, ahead)
    expected = model.expected_purchases(params, *history, ahead)
    discounted = model.discounted_purchases(params, *history, 0.002, ahead)
    lifetime = model.discounted_purchases(params, *history, 0.002)
    uniforms = np.random.default_rng(1).random((20, 5))
    drawn = model.draw_purchases(params, *history, 52.0, uniforms)
    slack = 1e-9
    bad = [
        ~np.isfinite(values),
        ~np.isfinite(scores),
        ~((alive >= 0) & (alive <= 1)),
        ~((active >= 0) & (active <= alive[:, None] + slack)),
        ~(np.isfinite(expected) & (expected >= 0)),
        ~((discounted >= 0) & (discounted <= expected * (1 + 1e-6) + slack)),
        ~(np.isfinite(lifetime) & (lifetime >= 0)),
        drawn < 0,
    ]
    return sum(part.size for part in bad), sum(int(part.sum()) for part in bad)


def small_samples(model, histories, samples, size=50):
    """Return the share of samples whose fit is at a limit, by method."""
    rng = np.random.default_rng(11)
    at_limit = dict.fromkeys(("map", "mle"), 0)
    for _ in range(samples):
        rows = rng.choice(len(histories[0]), size, replace=False)
        x, recency, age = (column[rows] for column in histories[:3])
        for method in at_limit:
            fit = fit_purchase_model(model, x, recency / 7, age / 7, method=method)
            at_limit[method] += "limit" in (fit.boundary or "")
    return {method: count / samples for method, count in at_limit.items()}


PUBLISHED = {
    "bg_nbd": [(0.242595, 4.413602, 0.792922, 2.425907), (2.0, 0.1, 0.05, 5.0)],
    "mbg_nbd": [(0.52484, 6.18309, 0.89136, 1.61400), (2.0, 0.1, 0.05, 5.0)],
    "pareto_nbd": [(0.55328, 10.57768, 0.60624, 11.66886), (2.0, 0.1, 0.05, 300.0)],
    "mbg_cnbd_k": [(0.52484, 6.18309, 0.89136, 1.61400), (2.0, 0.1, 0.05, 5.0)],
}


def main(argv=None):
    parser = argparse.ArgumentParser(prog="robustness", description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=1000, help="random starts (default 1000)")
    parser.add_argument("--samples", type=int, default=200, help="samples of 50 customers")
    parser.add_argument("--demo-customers", type=int, default=5000)
    parser.add_argument("--models", default=",".join(MODELS), help="all by default")
    sources = {
        "CDNOW sample": lambda: cdnow("cdnow_sample"),
        "CDNOW full": lambda: cdnow("cdnow_full"),
        "demo": lambda: demo(arguments.demo_customers),
        "heavy buyers": heavy,
    }
    parser.add_argument("--data", default=",".join(sources), help="for the starts; all by default")
    arguments = parser.parse_args(argv)
    models, chosen = arguments.models.split(","), arguments.data.split(",")
    for kind, names, known in (("model", models, MODELS), ("data", chosen, sources)):
        for name in names:
            if name not in known:
                parser.error(f"unknown {kind} {name!r}; known: {', '.join(known)}")
    failed = False
    print(f"{arguments.starts} random starts: share within {WITHIN} of the best log-likelihood")
    print(f"{'data':<14} {'cells':>7} {'model':<12} {'share':>7} {'worst':>9} {'default':>9}")
    for name in chosen:
        histories = sources[name]()
        if histories is None:
            print(f"{name:<14} data absent: set CRM_CLTV_REFERENCE_DATA")
            continue
        cells = weekly_cells(histories)
        for model_name in models:
            model = model_of(model_name, cells)
            share, worst, default = random_starts(model, cells, arguments.starts)
            failed |= share < 1 or default > WITHIN
            label = f"{model_name} {model.k}" if model_name == "mbg_cnbd_k" else model_name
            print(
                f"{name:<14} {len(cells):>7,} {label:<12} {share:>7.1%} {worst:>9.2g}"
                f" {default:>9.2g}",
                flush=True,
            )
    print("\nhistories of up to 20,000 purchases: predictions and slopes that are no valid number")
    for model_name in models:
        model = MBGCNBDk(3) if model_name == "mbg_cnbd_k" else MODELS[model_name]
        for params in PUBLISHED[model_name]:
            count, bad = sweep(model, params)
            failed |= bad > 0
            print(f"{model_name:<12} {params!s:<45} {bad} of {count:,}", flush=True)
    sample = cdnow("cdnow_sample")
    if sample is not None:
        print(f"\n{arguments.samples} samples of 50 customers of CDNOW: share at a limit")
        for model_name in models:
            if model_name == "mbg_cnbd_k":
                continue
            shares = small_samples(MODELS[model_name], sample, arguments.samples)
            failed |= shares["map"] > 0
            print(f"{model_name:<12} default {shares['map']:.1%}, mle {shares['mle']:.1%}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
