"""Orders and values of the coming months and of past origins: a row per source, month, measure."""

from cltv.evaluation import order_forecast
from tools.frames import read_frame, typed_frame

COLUMNS = {
    "origin_id": "varchar",
    "forecast_source": "varchar",
    "month_index": "integer",
    "starts_on": "date",
    "ends_on": "date",
    "measure": "varchar",
    "expected": "double",
    "present_value": "double",
    "seasonal_index": "double",
    "actual": "double",
    "ratio_lower": "double",
    "ratio_upper": "double",
    "band_reason": "varchar",
}


def model(dbt, session):
    dbt.config(materialized="table")
    fits = read_frame(
        dbt.ref("int_purchase_model_fits"), order_by=["origin_id", "model_name", "name"]
    )
    forecast = order_forecast(
        read_frame(dbt.ref("int_forecast_cells"), order_by=["cell_id"]),
        fits,
        read_frame(dbt.ref("int_prediction_origins"), order_by=["origin_id"]),
        read_frame(dbt.ref("int_new_order_values"), order_by=["order_value_id"]),
        read_frame(dbt.ref("int_monthly_purchases"), order_by=["month_start"]),
        read_frame(dbt.ref("int_forecast_outcomes"), order_by=["outcome_id"]).drop(
            columns="outcome_id"
        ),
        annual_discount_rate=float(dbt.config.meta_get("annual_discount_rate")),
    )
    return typed_frame(session, forecast, COLUMNS)
