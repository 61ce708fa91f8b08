"""Two ways to spoil a table: add a row that must be rejected, or change one that stays."""

from tools.demo.planter import REJECTED, REPAIRED
from tools.demo.tables import CONTRACT

# prefix and digits of the keys that new rows get
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


def values_of(table, values):
    """Keep planted contracts apart from real ones: a plan of their own cannot overlap."""
    return {"plan": "gift_box"} | values if table == "subscriptions" else values


def add_bad(planter, table, rows, count, defect, code, values):
    """Add rejected rows with new keys, copies of picked rows with other values.

    Parameters
    ----------
    planter : planter.Planter
    table : str
    rows : array_like of int
        Rows to copy from.
    count : int
    defect, code : str
    values : callable
        Takes a running number and the copied row's text; returns what to change.
    """
    key = next(iter(CONTRACT[table]))
    for i, (row, text) in enumerate(planter.picked(table, rows, count)):
        changes = {key: planter.new_key(table, *KEYS[table])} | values_of(table, values(i, text))
        planter.note(table, planter.add(table, row, text, **changes), defect, REJECTED, code)


def mend(planter, table, rows, count, defect, code, values, treatment=REPAIRED):
    """Change picked rows that stay accepted; the arguments as in `add_bad`."""
    for i, (row, text) in enumerate(planter.picked(table, rows, count)):
        planter.change(table, row, text, **values(i, text))
        planter.note(table, text, defect, treatment, code)
