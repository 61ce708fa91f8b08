"""The published CDNOW figures, through the front door.

The purchases are written as `customers` and `orders` files into a folder, the whole project is run
on that folder as it would be for any user, with the as-of date of the papers, plain maximum
likelihood and spend fitted on repeat purchases, and the marts are held against the figures in
print: Fader, Hardie & Lee (2005) for BG/NBD, Fader & Hardie (2013) for Gamma-Gamma.

The data are not part of this project: `make validate-cdnow CDNOW=cdnow_sample.parquet`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from tools.paths import ROOT

AS_OF = "1997-09-30"

# name → (published value, tolerance)
PUBLISHED = {
    "customers": (2357, 0),
    "repeat customers": (946, 0),
    "repeat purchases": (2457, 0),
    "mean repeat value": (35.0778, 5e-5),
    "bg_nbd r": (0.242595, 5e-4),
    "bg_nbd alpha": (4.413602, 5e-4),
    "bg_nbd a": (0.792922, 5e-4),
    "bg_nbd b": (2.425907, 5e-4),
    "bg_nbd log-likelihood": (-9582.4292, 1e-3),
    "gamma_gamma p": (6.24957, 5e-4),
    "gamma_gamma q": (3.74422, 5e-4),
    "gamma_gamma v": (15.44352, 2e-3),
}


def write_crm(cdnow, folder):
    """Write the purchases as the two required tables of the raw contract.

    Parameters
    ----------
    cdnow : pathlib.Path
        Parquet with line_no, customer_id, order_date, revenue.
    folder : pathlib.Path
        Gets customers.parquet and orders.parquet.
    """
    source = str(cdnow).replace("'", "''")
    target = str(folder).replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select
                    cast(customer_id as varchar) as customer_id,
                    min(cast(order_date as timestamp)) as created_at,
                    timestamp '1998-07-01' as synced_at
                from read_parquet('{source}')
                group by customer_id
                order by customer_id
            ) to '{target}/customers.parquet' (format parquet)
            """
        )
        connection.execute(
            f"""
            copy (
                select
                    cast(line_no as varchar) as order_id,
                    cast(customer_id as varchar) as customer_id,
                    cast(order_date as timestamp) as ordered_at,
                    cast(revenue as decimal(18, 2)) as total_amount,
                    timestamp '1998-07-01' as synced_at
                from read_parquet('{source}')
                order by line_no
            ) to '{target}/orders.parquet' (format parquet)
            """
        )


def run_project(folder, database):
    """Run all models and tests on the folder; returns dbt's exit code and its output."""
    variables = {
        "raw_folder": str(folder),
        "crm_tables": [],
        "as_of_date": AS_OF,
        "reporting_currency": "USD",
        "purchase_model": "bg_nbd",
        "prediction_by_group": "never",
        "backtest_origins": 0,
        "fit_method": "mle",
        "spend_purchases": "repeat",
    }
    finished = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "--no-use-colors",
            "build",
            "--target-path",
            str(database.parent / "target"),
            "--vars",
            json.dumps(variables),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "DBT_PROFILES_DIR": str(ROOT / "profiles"),
            "CRM_CLTV_DUCKDB_PATH": str(database),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout + finished.stderr


def read_figures(database):
    """The same figures from the marts.

    Returns
    -------
    dict of str to float
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        customers, repeaters, purchases = connection.execute(
            "select count(*), count(*) filter (frequency > 0), sum(frequency) "
            "from cltv_marts.fct_purchase_frequency"
        ).fetchone()
        (mean_value,) = connection.execute(
            "select avg(repeat_mean_net_revenue) from cltv_intermediate.int_purchase_histories "
            "where origin_id = 'now' and frequency > 0"
        ).fetchone()
        fits = connection.execute(
            "select model_name, figure_name, estimate from cltv_marts.fct_cltv_model_fits "
            "where value_basis in ('purchases', 'net_revenue')"
        ).fetchall()
    figures = {
        "customers": customers,
        "repeat customers": repeaters,
        "repeat purchases": purchases,
        "mean repeat value": mean_value,
    }
    for model, name, estimate in fits:
        figures[f"{model} {name.replace('log_likelihood', 'log-likelihood')}"] = estimate
    return figures


def validate(cdnow):
    """Run the project on the file and compare.

    Parameters
    ----------
    cdnow : pathlib.Path

    Returns
    -------
    list of tuple
        (name, published, found, tolerance, agrees) per figure.

    Raises
    ------
    RuntimeError
        The build itself failed; the message is dbt's output.
    """
    with tempfile.TemporaryDirectory(prefix="crm_cltv_cdnow_") as temporary:
        folder = Path(temporary) / "crm"
        folder.mkdir()
        database = Path(temporary) / "cdnow.duckdb"
        write_crm(cdnow, folder)
        code, output = run_project(folder, database)
        if code:
            raise RuntimeError(output)
        figures = read_figures(database)
    rows = []
    for name, (published, tolerance) in PUBLISHED.items():
        found = figures.get(name)
        agrees = found is not None and abs(float(found) - published) <= tolerance
        rows.append((name, published, found, tolerance, agrees))
    return rows


def main(arguments=None):
    """Print the comparison; 0 when every figure agrees or the file is absent, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tools.validate_cdnow", description=__doc__)
    parser.add_argument("cdnow", help="cdnow_sample.parquet")
    options = parser.parse_args(arguments)
    file = Path(options.cdnow)
    if not options.cdnow or not file.is_file():
        where = f"{options.cdnow} is not there" if options.cdnow else "no file given"
        print(f"skipped: {where}; call make validate-cdnow CDNOW=cdnow_sample.parquet")
        return 0
    try:
        rows = validate(file.resolve())
    except RuntimeError as error:
        print(error, file=sys.stderr)
        print("crm_cltv: the build on the CDNOW purchases failed", file=sys.stderr)
        return 1
    print(f"{'figure':<24}{'published':>14}{'found':>16}{'tolerance':>12}")
    for name, published, found, tolerance, agrees in rows:
        shown = "–" if found is None else f"{float(found):.6f}".rstrip("0").rstrip(".")
        print(f"{name:<24}{published:>14}{shown:>16}{tolerance:>12}  {'ok' if agrees else 'OFF'}")
    return 0 if all(row[-1] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
