"""How well predictions did on the past: measures, baselines, grades, drift, a challenger.

Everything works on weighted rows (a row stands for `customers` customers) and knows no database.
"""

from cltv.evaluation.challenger import with_challenger
from cltv.evaluation.drift import (
    cell_drift,
    drift_figures,
    forecast_error,
    population_stability_index,
)
from cltv.evaluation.forecast import order_forecast
from cltv.evaluation.grading import backtest_summary, capture_gains, total_band
from cltv.evaluation.seasons import seasonal_index
from cltv.evaluation.tables import evaluate_orders
from cltv.evaluation.tracking import tracking

__all__ = [
    "backtest_summary",
    "capture_gains",
    "cell_drift",
    "drift_figures",
    "evaluate_orders",
    "forecast_error",
    "order_forecast",
    "population_stability_index",
    "seasonal_index",
    "total_band",
    "tracking",
    "with_challenger",
]
