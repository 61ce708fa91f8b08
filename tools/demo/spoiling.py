"""Two ways to spoil a table: add rows that must be rejected, or change rows that stay."""

import pandas as pd

from tools.demo.dirt import scaled
from tools.demo.planter import REJECTED, REPAIRED
from tools.demo.tables import CONTRACT

# prefix and digits of the keys that new rows get; a key of several columns is changed by hand
KEYS = {
    "touchpoints": ("T", 7),
    "messages": ("M", 7),
    "interactions": ("I", 7),
    "support_tickets": ("TK", 6),
    "survey_responses": ("V", 6),
    "loyalty_movements": ("Y", 6),
    "subscriptions": ("SUB", 5),
    "consents": ("N", 6),
    "crm_usage": ("U", 5),
    "leads": ("LD", 5),
    "opportunities": ("OP", 5),
}


def unknown_customer(i, text):
    """Name a customer that nobody has; the values of a planted row."""
    return {"customer_id": f"C99999{i + 1:04d}"}


def moved(text, days):
    """Move a day so many days on; a text such as 2024-05-31."""
    return (pd.Timestamp(text) + pd.Timedelta(days=days)).strftime("%Y-%m-%d")


def _given(values, i, text):
    return values(i, text) if callable(values) else values


def add_bad(planter, table, rows, n, planted):
    """Add rejected rows, copies of picked rows with other values.

    Parameters
    ----------
    planter : planter.Planter
    table : str
    rows : array_like of int
        Rows to copy from.
    n : int
        Number of customers, which the counts grow with.
    planted : list of (defect, code, count, values)
        `values` is what to change, or takes a running number and the copied row's text and
        returns it.
    """
    picked = planter.picked_for_each(
        table, [(rows, scaled(count, n)) for _, _, count, _ in planted]
    )
    for (defect, code, _, values), chosen in zip(planted, picked, strict=True):
        for i, (row, text) in enumerate(chosen):
            changes = _given(values, i, text)
            if table == "subscriptions":
                # a plan of their own, so that planted contracts overlap with none by chance
                changes = {"plan": "gift_box"} | changes
            if table in KEYS:
                key = next(iter(CONTRACT[table]))
                changes = {key: planter.new_key(table, *KEYS[table])} | changes
            planter.note(table, planter.add(table, row, text, **changes), defect, REJECTED, code)


def mend(planter, table, n, planted, treatment=REPAIRED):
    """Change rows that stay accepted; `planted` holds (defect, code, rows, count, values)."""
    asked = [(rows, scaled(count, n)) for _, _, rows, count, _ in planted]
    picked = planter.picked_for_each(table, asked)
    for (defect, code, _, _, values), chosen in zip(planted, picked, strict=True):
        for i, (row, text) in enumerate(chosen):
            planter.change(table, row, text, **_given(values, i, text))
            planter.note(table, text, defect, treatment, code)
