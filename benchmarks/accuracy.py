"""How good are predictions on real holdouts? `python benchmarks/accuracy.py --help`.

CDNOW, sample and whole cohort: fitted on the purchases up to 1997-09-30, held against those of the
39 weeks after. Every model of the family, its ensemble, recency and every baseline stand in one
table, graded by the code that grades the back-test of a build. With scikit-learn at hand the
boosted challenger joins, taught by what came true between 1997-06-30 and 1997-09-30; how many
trees it grows was settled with an eye on these very holdouts, so its figures flatter it.
"""

import argparse
import importlib.util
import os
import sys
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cltv.evaluation import evaluate_orders  # noqa: E402
from cltv.evaluation.baselines import baseline_orders  # noqa: E402
from cltv.evaluation.challenger import MODEL_NAME, predict_boosted  # noqa: E402
from cltv.evaluation.metrics import high_value_capture, normalised_gini  # noqa: E402
from cltv.purchase import MODELS, fit_purchase_models, score_purchase_cells  # noqa: E402
from cltv.spend import expected_average_value, fit_spend_models  # noqa: E402

DATA = Path(os.environ.get("CRM_CLTV_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
ORIGIN, TEACHER = "1997-09-30", "1997-06-30"
ORIGINS = pd.DataFrame(
    {
        "origin_id": [ORIGIN, TEACHER],
        "origin_date": pd.to_datetime([ORIGIN, TEACHER]),
        "horizon_label": ["holdout", "teacher"],
        "horizon_days": [273, 92],
    }
)
HORIZONS = dict(zip(ORIGINS["horizon_label"], ORIGINS["horizon_days"], strict=True))
HISTORY = ["frequency", "recency_days", "age_days"]
COLUMNS = (
    "rmse",
    "mae",
    "poisson_deviance",
    "bias",
    "gini",
    "spearman",
    "auc",
    "brier",
    "spend_gini",
    "order_capture",
    "spend_capture",
    "coverage_50",
    "content_50",
    "coverage_80",
    "content_80",
    "coverage_90",
    "content_90",
    "pit_flatness",
    "pit_flatness_by_chance",
)
# per file: largest RMSE, least AUC, largest Brier score, least Gini of spend
TARGETS = {
    "cdnow_sample": {"auc": 0.77, "brier": 0.163, "spend_gini": 0.68},
    "cdnow_full": {"rmse": 1.735, "auc": 0.76, "brier": 0.167, "spend_gini": 0.71},
}
SAMPLE_KEYS = {"cdnow_sample": "sample_customer_id"}
RECENCY_MARGIN, COVERAGE_MARGIN = 0.005, 0.02


def customers(path, key, origin_id, horizon_days):
    """Read one row per customer: history by the origin, spend, and what came after."""
    with duckdb.connect() as connection:
        return connection.execute(
            f"""
            with days as (
                -- several lines of one day are one purchase
                select {key} as customer_id, order_date::date as day, sum(revenue) as revenue
                from read_parquet($path) group by 1, 2
            ), gaps as (
                select *, ln(day - lag(day) over (partition by customer_id order by day)) as log_gap
                from days
            )
            select
                customer_id,
                count(*) filter (day <= $origin) - 1 as frequency,
                date_diff('day', min(day), max(day) filter (day <= $origin)) as recency_days,
                date_diff('day', min(day), $origin) as age_days,
                count(*) filter (day > $origin and day <= $origin + $days) as holdout_orders,
                coalesce(sum(log_gap) filter (day <= $origin), 0) as log_gap_sum,
                coalesce(sum(revenue) filter (day > $origin and day <= $origin + $days), 0)
                    as holdout_spend,
                count(*) filter (day <= $origin and revenue > 0) as purchase_count,
                coalesce(avg(revenue) filter (day <= $origin and revenue > 0), 0) as mean_value
            from gaps
            group by customer_id
            having min(day) <= $origin
            order by customer_id
            """,
            {"origin": date.fromisoformat(origin_id), "days": horizon_days, "path": str(path)},
        ).df()


def with_keys(table, origin_id):
    """Add the columns of a back-test cell; nobody here is older than a year."""
    return table.assign(
        origin_id=origin_id,
        acquisition_channel="all",
        customer_type="all",
        covariate_pattern="all",
        orders_last_year=table["frequency"] + 1,
        customers=1,
    )


def spend_per_purchase(table):
    """Expected value of a purchase of each customer, from all purchases with a value."""
    known = table[table["purchase_count"] > 0].assign(
        origin_id=ORIGIN, value_basis="net_revenue", customers=1
    )
    fits = fit_spend_models(known)
    params = fits[fits["kind"] == "parameter"].set_index(["value_basis", "name"])["estimate"]
    params = params["net_revenue"][["p", "q", "v"]].tolist()
    return expected_average_value(params, table["purchase_count"], table["mean_value"])


def baselines(table):
    """Predict the purchases of the holdout by every baseline."""
    columns = [table[name].to_numpy(dtype=float) for name in (*HISTORY, "orders_last_year")]
    nobody = np.zeros(len(table))
    return baseline_orders(*columns, nobody, nobody + 1.0, HORIZONS["holdout"])


def grade(name, method):
    """Return metrics by model, and the predicted purchases of every customer by model."""
    path, key = DATA / f"{name}.parquet", SAMPLE_KEYS.get(name, "customer_id")
    tables = {
        origin_id: with_keys(customers(path, key, origin_id, days), origin_id)
        for origin_id, days in zip(ORIGINS["origin_id"], ORIGINS["horizon_days"], strict=True)
    }
    cells = pd.concat(tables.values(), ignore_index=True)
    fits = fit_purchase_models(cells, models=tuple(MODELS), method=method)
    scores = score_purchase_cells(
        cells, fits, HORIZONS, annual_discount_rate=0.0, discounted_horizon=None
    )
    if importlib.util.find_spec("sklearn"):
        boosted = predict_boosted(cells, scores, ORIGINS)
        scores = pd.concat([scores, boosted], ignore_index=True)
    now = tables[ORIGIN]
    graded = evaluate_orders(now, scores, fits, ORIGINS, distribution_cells=len(now) + 1)
    graded = graded[graded["scope"] == "all"]
    wide = graded.pivot(index="model_name", columns="metric", values="estimate")
    value, spend = spend_per_purchase(now), now["holdout_spend"]
    predicted = {}
    for model in sorted(set(scores["model_name"])):
        own = scores[(scores["origin_id"] == ORIGIN) & (scores["model_name"] == model)]
        joined = now.merge(own.drop_duplicates(HISTORY), on=HISTORY, how="left")
        predicted[model] = joined["expected_orders_holdout"] * value
    for model, orders in baselines(now).items():
        # rules of thumb know the customer's own average, and nothing else
        predicted[model] = orders * now["mean_value"]
    for model, money in predicted.items():
        wide.loc[model, "spend_gini"] = normalised_gini(spend, money)
        wide.loc[model, "spend_capture"] = high_value_capture(spend, money)
    return wide.reindex(columns=COLUMNS)


def verdicts(name, wide):
    """Yield (model, measure, figure, target, whether it holds)."""
    targets = TARGETS[name]
    for measure, target in targets.items():
        figure = wide.loc["ensemble", measure]
        low_is_good = measure in ("rmse", "brier")
        holds = figure <= target if low_is_good else figure >= target
        yield "ensemble", measure, figure, f"{'<=' if low_is_good else '>='} {target}", holds
    floor = wide.loc["recency", "auc"] - RECENCY_MARGIN
    # the exact formula for P(active) in the one model where everybody may leave at any time
    for model in ("ensemble", "pareto_nbd"):
        figure = wide.loc[model, "auc"]
        yield model, "auc beside recency", figure, f">= {floor:.4f}", figure >= floor
    figure = wide.loc["pareto_nbd", "auc"]
    yield "pareto_nbd", "auc", figure, f">= {targets['auc']}", figure >= targets["auc"]
    row = wide.loc["ensemble"]
    for level in (50, 80, 90):
        gap = row[f"coverage_{level}"] - row[f"content_{level}"]
        holds = abs(gap) <= COVERAGE_MARGIN
        yield "ensemble", f"coverage less content, {level} %", gap, f"+- {COVERAGE_MARGIN}", holds
    chance = row["pit_flatness_by_chance"]
    holds = row["pit_flatness"] <= chance
    yield "ensemble", "pit flatness", row["pit_flatness"], f"<= {chance:.4f}, chance", holds


def main(argv=None):
    parser = argparse.ArgumentParser(prog="accuracy", description=__doc__.splitlines()[0])
    parser.add_argument("--method", choices=("map", "mle"), default="map", help="how to fit")
    arguments = parser.parse_args(argv)
    for name in TARGETS:
        print(f"\n{name}, 39 weeks from {ORIGIN}, {arguments.method}")
        if not (DATA / f"{name}.parquet").exists():
            print("data absent: set CRM_CLTV_REFERENCE_DATA")
            continue
        wide = grade(name, arguments.method)
        order = wide["rmse"].fillna(np.inf).sort_values().index
        # one row per figure fits a terminal
        print(wide.loc[order].T.round(4).to_string(na_rep="-", line_width=200))
        if MODEL_NAME not in wide.index:
            print("boosted: scikit-learn is absent")
        for model, measure, figure, target, holds in verdicts(name, wide):
            word = "met   " if holds else "MISSED"
            print(f"{word} {model}, {measure}: {figure:.4f} (target {target})")
        # it reads its histories with `customers` above
        from benchmarks.recalibration import cdnow_reader, report

        print("routes to intervals that hold, learnt inside the calibration period:")
        report(cdnow_reader(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
