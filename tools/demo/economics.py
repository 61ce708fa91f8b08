"""The business's own numbers: what serving customers costs, overheads, and assumed margins.

A real business gives these in three small tables of its own; the demo's are written here. What is
planted and must be found again is in `truth_rows`.
"""

import numpy as np
import pandas as pd

from tools.demo import catalogue, company, processes
from tools.demo.columns import SYNCED, UPDATED, cents, date, key, text
from tools.demo.world import DAY, PERIOD_DAYS, day_of, timestamps

# driver, what it applies to, first day, EUR per unit
COST_RATES = [
    ("ticket", "all", "2023-01-01", 1.20),
    ("ticket_minute", "all", "2023-01-01", 0.58),
    ("ticket_minute", "all", "2024-07-01", 0.64),
    ("contact", "email", "2023-01-01", 2.10),
    ("contact", "phone", "2023-01-01", 0.60),
    ("contact", "chat", "2023-01-01", 0.35),
    ("contact", "social", "2023-01-01", 1.40),
    ("contact", "web", "2023-01-01", 0.05),
    ("contact", "meeting", "2023-01-01", 38.00),
    ("contact_minute", "phone", "2023-01-01", 0.62),
    ("contact_minute", "chat", "2023-01-01", 0.41),
    ("contact_minute", "meeting", "2023-01-01", 1.15),
    ("message", "all", "2023-01-01", 0.003),
    ("return", "all", "2023-01-01", 4.80),
    ("return", "all", "2025-01-01", 5.20),
    ("chargeback", "all", "2023-01-01", 15.00),
    ("loyalty_point", "all", "2023-01-01", 0.01),
]

# purpose, channel, what for, EUR a month at 3,000 customers
OVERHEADS = [
    ("acquisition", None, "Marketing salaries", 620.0),
    ("acquisition", None, "Marketing tools", 90.0),
    ("acquisition", "field_sales", "Travel of the field team", 380.0),
    ("service", None, "Help desk lead and software", 450.0),
    ("general", None, "Rent, administration and systems", 2600.0),
]

# Paid search promises more than the shop keeps: its customers' tickets take longer to handle.
HANDLING_FACTOR = {"paid_search": 3.0}

CONTRACT = {
    "cost_rates": {
        "cost_driver": text("cost_driver"),
        "applies_to": text("applies_to"),
        "valid_from": date("valid_from"),
        "unit_cost": ("DECIMAL(18,4)", "(unit_cost / 10000)::DECIMAL(18,4)"),
        "currency": ("VARCHAR", "'EUR'"),
        "updated_at": UPDATED,
        "synced_at": SYNCED,
    },
    "overheads": {
        "overhead_id": key("OH", "number", 3),
        "booked_on": date("booked_on"),
        "purpose": text("purpose"),
        "channel": text("channel"),
        "description": text("description"),
        "amount": cents("amount"),
        "currency": ("VARCHAR", "'EUR'"),
        "updated_at": UPDATED,
        "synced_at": SYNCED,
    },
    "fallback_margins": {
        "category": text("category"),
        "margin_rate": ("DECIMAL(6,4)", "(margin_rate / 10000)::DECIMAL(6,4)"),
        "updated_at": UPDATED,
        "synced_at": SYNCED,
    },
}


def handling_factors():
    """Return how much longer a ticket of each channel's customers takes, shape (channels,)."""
    return np.array([HANDLING_FACTOR.get(channel, 1.0) for channel in processes.CHANNELS])


def _cost_rates_frame():
    days = np.array([day_of(row[2]) for row in COST_RATES])
    return pd.DataFrame(
        {
            "cost_driver": [row[0] for row in COST_RATES],
            "applies_to": [row[1] for row in COST_RATES],
            "valid_from": timestamps(days * DAY),
            "unit_cost": [round(row[3] * 10_000) for row in COST_RATES],
            "updated_at": timestamps((days - 20) * DAY + 9 * 3600),
        }
    )


def _overheads_frame(n_customers):
    firsts = np.arange("2023-01", "2025-07", dtype="datetime64[M]").astype("datetime64[D]")
    days = np.array([day_of(str(first)) for first in firsts])
    rows = [
        (day, purpose, channel, description, round(monthly * n_customers / 30))
        for day in days
        for purpose, channel, description, monthly in OVERHEADS
    ]
    frame = pd.DataFrame(rows, columns=["day", "purpose", "channel", "description", "amount"])
    frame.insert(0, "number", np.arange(1, len(frame) + 1))
    frame["booked_on"] = timestamps(frame["day"].to_numpy() * DAY)
    booked = np.minimum(frame["day"].to_numpy() + 33, PERIOD_DAYS - 1)
    frame["updated_at"] = timestamps(booked * DAY + 7 * 3600)
    return frame


def _fallback_margins_frame():
    frame = pd.DataFrame(catalogue.FALLBACK_MARGINS, columns=["category", "margin_rate"])
    frame["margin_rate"] = (frame["margin_rate"] * 10_000).round().astype("int64")
    frame["updated_at"] = timestamps(np.full(len(frame), day_of("2023-01-01") * DAY))
    return frame


def frames(n_customers):
    """Return the three tables.

    Parameters
    ----------
    n_customers : int
        Overheads grow with the shop.

    Returns
    -------
    dict of str to DataFrame
    """
    return {
        "cost_rates": _cost_rates_frame(),
        "overheads": _overheads_frame(n_customers),
        "fallback_margins": _fallback_margins_frame(),
    }


def truth_rows(rate_by_day):
    """Return what was planted and must be found again: (channel, measure, value).

    Parameters
    ----------
    rate_by_day : ndarray of float, shape (currencies, days)

    Returns
    -------
    list of (channel, measure, value)

        cost_per_campaign_customer: EUR spent for each customer that a campaign won, before noise;
        campaign_share: share of the channel's customers that a campaign won;
        handling_factor: how much longer a ticket of the channel's customers takes.
    """
    rows = []
    euro = company.euro_per_customer(rate_by_day)
    for channel, factor in zip(processes.CHANNELS, handling_factors(), strict=True):
        cost = euro.get(channel, 0.0)
        share = company.CAMPAIGN_COVERAGE.get(channel, 0.0)
        rows.append((channel, "cost_per_campaign_customer", cost))
        rows.append((channel, "campaign_share", share))
        rows.append((channel, "handling_factor", float(factor)))
    return rows
