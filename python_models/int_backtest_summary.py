"""Sum up the back-test: one row per model and rule, with what its grade rests on."""

from cltv.evaluation import backtest_summary
from cltv.evaluation.grading import SUMMARY_COLUMNS, SUMMARY_TEXTS
from tools.frames import read_frame, typed_frame

COLUMNS = {
    "model_name": "varchar",
    **{name: "varchar" if name in SUMMARY_TEXTS else "double" for name in SUMMARY_COLUMNS},
}
KEYS = ["origin_id", "model_name", "scope", "scope_value", "metric"]


def model(dbt, session):
    dbt.config(materialized="table")
    summary = backtest_summary(
        read_frame(dbt.ref("int_backtest_order_metrics"), order_by=KEYS),
        read_frame(dbt.ref("int_backtest_captures"), order_by=["capture_id"]),
        read_frame(dbt.ref("int_prediction_origins"), order_by=["origin_id"]),
        read_frame(dbt.ref("int_backtest_value_metrics"), order_by=KEYS),
    )
    return typed_frame(session, summary, COLUMNS)
