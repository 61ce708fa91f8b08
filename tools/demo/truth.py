"""What the demo knows and no model may see: planted parameters and each customer's future."""

import numpy as np
import pandas as pd

from tools.demo import columns, processes, purchases, world


def processes_frame():
    """Return the planted parameters, one row per channel, customer type, process and parameter."""
    columns = ["acquisition_channel", "customer_type", "process", "parameter", "value"]
    frame = pd.DataFrame(processes.truth_rows(), columns=columns)
    frame["value"] = frame["value"].astype(float)
    return frame


def customers_frame(customers, bought):
    """Sum up what becomes of every customer after the period.

    Parameters
    ----------
    customers : customers.Customers
    bought : purchases.Purchases
        Until the horizon, 24 months past the period.

    Returns
    -------
    DataFrame, one row per customer
        customer, channel, customer_type, alive (1, 0, -1 no death), orders_12, orders_24,
        revenue_12 in euro cents: net of tax, discounts and expected refunds, without shipping.
    """
    n = len(customers)
    ahead = bought.time >= world.PERIOD_DAYS
    year = ahead & (bought.time < world.PERIOD_DAYS + world.NEXT_YEAR_DAYS)
    cents = np.bincount(bought.customer[year], weights=bought.net_value()[year], minlength=n)
    return pd.DataFrame(
        {
            "customer": np.arange(1, n + 1),
            "channel": pd.Categorical.from_codes(customers.channel, processes.CHANNELS),
            "customer_type": pd.Categorical.from_codes(
                customers.customer_type, world.CUSTOMER_TYPES
            ),
            "alive": np.where(customers.ordered, bought.alive, purchases.NO_DEATH),
            "orders_12": np.bincount(bought.customer[year], minlength=n),
            "orders_24": np.bincount(bought.customer[ahead], minlength=n),
            "revenue_12": np.rint(cents * 100.0).astype(np.int64),
        }
    )


CUSTOMERS_SQL = """
    SELECT
        'C' || lpad(customer::VARCHAR, greatest(6, length(customer::VARCHAR))::INTEGER, '0')
            AS customer_id,
        channel::VARCHAR AS acquisition_channel,
        customer_type::VARCHAR AS customer_type,
        nullif(alive, -1) = 1 AS true_alive_at_end,
        orders_12::INTEGER AS true_orders_next_12m,
        orders_24::INTEGER AS true_orders_next_24m,
        (revenue_12 / 100)::DECIMAL(18,2) AS true_net_revenue_next_12m
    FROM frame
"""


def changes_frame(rows):
    """Return the effects of the CRM changes, one row per change, arm and metric."""
    names = ["change_id", "arm", "metric", "true_effect", "units", "planted_as"]
    return pd.DataFrame(rows, columns=names)


CHANGES_SQL = """
    SELECT
        change_id, arm, metric, true_effect::DECIMAL(18,6) AS true_effect,
        nullif(units, -1)::INTEGER AS units, planted_as
    FROM frame
"""


def economics_frame(planted):
    """Return the planted costs and what came of them, one row per channel and measure."""
    return pd.DataFrame(planted, columns=["channel", "measure", "value"])


def support_frame(rows):
    """Return the planted relation between slow answers and loss, one row per parameter."""
    frame = pd.DataFrame(rows, columns=["relation", "parameter", "value"])
    frame["value"] = frame["value"].astype(float)
    return frame


CONSENTS_SQL = f"""
    SELECT
        {columns.CUSTOMER[1]} AS customer_id, purpose::VARCHAR AS purpose,
        channel::VARCHAR AS channel, granted, state::VARCHAR AS state
    FROM frame ORDER BY customer, 2, 3
"""
