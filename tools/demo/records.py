"""What the CRM keeps about itself: counts around its migration, and requests for erasure."""

import numpy as np
import pandas as pd

from tools.demo import world

MIGRATION_DAY = "2024-03-16"
MISSING_REFUNDS = 2  # refunds that the migration lost
# table, time column, summed columns, keys that are counted where they are missing
_COUNTED = [
    ("customers", "created_at", [], ["referrer"]),
    ("orders", "ordered_at", ["total", "tax"], ["customer", "campaign"]),
    ("order_lines", "updated_at", ["quantity"], ["product"]),
    ("refunds", "refunded_at", ["amount"], ["line_number"]),
    ("products", "active_from", ["list_price"], []),
]
_COLUMN_NAMES = {
    "total": "total_amount",
    "tax": "tax_amount",
    "customer": "customer_id",
    "campaign": "campaign_id",
    "product": "product_id",
    "line_number": "order_line_id",
    "referrer": "referred_by_customer_id",
}
_COLUMNS = ["migration_id", "table_name", "measure", "column_name", "value"]


def migration_frame(frames):
    """Count what there was on the day of the migration, before and after.

    Parameters
    ----------
    frames : dict of str to DataFrame
        The drawn tables.

    Returns
    -------
    DataFrame, one row per side, table, measure and column; `value` in hundredths. After the
        migration the last refunds are gone, from the count of rows and from their sum.
    """
    day = np.datetime64(MIGRATION_DAY, "s")
    rows, lost = [], {}
    for table, time, sums, keys in _COUNTED:
        frame = frames[table]
        past = frame[frame[time] < day]
        rows.append((table, "rows", "*", len(past) * 100))
        gone = past.tail(MISSING_REFUNDS if table == "refunds" else 0)
        lost[table, "rows", "*"] = len(gone) * 100
        for column in sums:
            factor = 100 if column == "quantity" else 1
            name = _COLUMN_NAMES.get(column, column)
            rows.append((table, "sum", name, int(past[column].sum()) * factor))
            lost[table, "sum", name] = int(gone[column].sum()) * factor
        for column in keys:
            name = _COLUMN_NAMES[column]
            rows.append((table, "keys_missing", name, int((past[column] < 1).sum()) * 100))
            lost[table, "keys_missing", name] = int((gone[column] < 1).sum()) * 100
    before = pd.DataFrame([("MIG1", *row) for row in rows], columns=_COLUMNS)
    after = before.copy()
    after["value"] -= [lost[row[:3]] for row in rows]
    before.insert(1, "side", "before")
    after.insert(1, "side", "after")
    before["taken_at"], after["taken_at"] = (
        day - np.timedelta64(8, "h"),
        day + np.timedelta64(6, "h"),
    )
    both = pd.concat([before, after], ignore_index=True)
    both["taken_at"] = both["taken_at"].astype("datetime64[s]")
    return both


def differences(frame):
    """Return the rows of the after side that differ from their before side, as positions."""
    half = len(frame) // 2
    value = frame["value"].to_numpy()
    return half + np.flatnonzero(value[half:] != value[:half])


def requests_frame(customer, second):
    """Return the erasure_requests table for customers (indices), asked at the given seconds."""
    return pd.DataFrame(
        {
            "number": np.arange(1, len(customer) + 1),
            "customer": np.asarray(customer, dtype=np.int64) + 1,
            "requested_at": world.timestamps(second),
        }
    )
