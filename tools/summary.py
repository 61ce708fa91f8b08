"""Say in a few lines what a build came to: customers, value, model, rejected rows, next steps."""

import csv
import sys

import duckdb

from tools.paths import ROOT, exports_path


def money(amount, currency):
    """An amount as people write it; a dash where there is none."""
    return "–" if amount is None else f"{amount:,.0f} {currency}"


LIMITS = {"orders": "maximum_absolute_bias", "net revenue": "maximum_absolute_value_bias"}
"""What is foreseen, and the column of `prediction_grades` that limits how far it may be off."""


def bias_limits():
    """How far totals of a prediction of grade A may be off, as a share; None without a limit."""
    with (ROOT / "seeds" / "reference" / "prediction_grades.csv").open(newline="") as file:
        rules = {row["grade"]: row for row in csv.DictReader(file)}
    found = {name: rules.get("A", {}).get(column) for name, column in LIMITS.items()}
    return {name: float(limit) if limit else None for name, limit in found.items()}


def warnings(predicted_orders, actual_orders, predicted_value, actual_value):
    """What to beware of in the prediction that is shown, by all origins of its back-test.

    Parameters
    ----------
    predicted_orders, actual_orders, predicted_value, actual_value : float or None
        Totals over all origins, values as net revenue; None where nothing was back-tested.

    Returns
    -------
    list of str
    """
    limits, lines = bias_limits(), []
    for name, predicted, actual in (
        ("orders", predicted_orders, actual_orders),
        ("net revenue", predicted_value, actual_value),
    ):
        limit = limits[name]
        if predicted is None or actual is None or not actual > 0 or limit is None:
            continue
        bias = predicted / actual - 1
        if abs(bias) > limit:
            side = "high" if bias > 0 else "low"
            lines.append(
                f"its totals were {100 * abs(bias):.0f} % too {side} in the back-test, in {name} "
                f"(an A may be {100 * limit:.0f} % off): rank customers by it, and do not plan "
                "with its sums"
            )
    return lines


def summary(exports=None, currency=""):
    """Summarise a publication.

    Parameters
    ----------
    exports : pathlib.Path, optional
        Folder of the publication.
    currency : str
        Code of the reporting currency.

    Returns
    -------
    str
        About ten lines.
    """
    exports = exports or exports_path()
    with duckdb.connect(str(exports / "crm_cltv.duckdb"), read_only=True) as connection:

        def one(query):
            return connection.execute(query).fetchone()

        customers, buyers, as_of = one(
            "select count(*), count(first_purchased_on), max(as_of_date) from fct_customer_cltv"
        )
        realised, next_year, predicted = one(
            "select sum(realised_net_revenue), sum(probabilistic_net_revenue_next_12m), "
            "count(probabilistic_net_revenue_next_12m) from fct_customer_cltv"
        )
        refusals = connection.execute(
            "select distinct prediction_reason from fct_customer_cltv "
            "where prediction_status = 'not_predicted'"
        ).fetchall()
        shown = one(
            "select max(purchase_model), max(prediction_grade), max(grade_reason) "
            "from fct_customer_cltv"
        )
        back_test = one(
            "select sum(case when metric = 'predicted_orders' then estimate end), "
            "sum(case when metric = 'actual_orders' then estimate end), "
            "sum(case when metric = 'predicted_value' then estimate end), "
            "sum(case when metric = 'actual_value' then estimate end) from fct_cltv_backtest "
            "where scope = 'all' and model_name = (select case when max(purchase_model) "
            "like '%_by_group' then 'ensemble_by_group' else 'ensemble' end from fct_customer_cltv)"
        )
        rejected = connection.execute(
            "select reason_code, count(*) as rows from dq_rejected_rows "
            "group by reason_code order by rows desc, reason_code limit 4"
        ).fetchall()
        rejected_rows, raw_rows = one(
            "select sum(rejected_rows), sum(raw_rows) from dq_row_reconciliation"
        )
    reasons = ", ".join(f"{count} {reason}" for reason, count in rejected)
    model, grade, grade_reason = shown
    if model:
        prediction = f"{model}, grade {grade or '–'}: {grade_reason}"
    else:
        prediction = f"none: {refusals[0][0] if refusals else 'nobody has bought'}"
    lines = [
        "",
        f"  as of            {as_of or 'no orders'}",
        f"  customers        {customers:,} ({buyers:,} have bought)",
        f"  realised value   {money(realised, currency)} net revenue",
        f"  next 12 months   {money(next_year, currency)} expected from {predicted:,} customers",
        f"  prediction       {prediction}",
        *[f"  warning          {warning}" for warning in warnings(*back_test)],
        f"  rejected rows    {rejected_rows:,} of {raw_rows:,}"
        + (f": {reasons}" if reasons else ""),
        "",
        f"  marts            {exports}/*.parquet and {exports}/crm_cltv.duckdb",
        "  start with       fct_customer_cltv, mart_segment_cltv, mart_channel_cltv",
        "  lineage          make docs",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(summary())
    sys.exit(0)
