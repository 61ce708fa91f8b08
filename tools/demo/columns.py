"""How a column of a raw table is spelled: its type and the SQL over the table's frame.

Conventions of the frames: cents as integers, -1 for a null number, keys as running numbers (none
below one), times as datetime64[s] with NaT for null.
"""

import numpy as np
import pandas as pd

from tools.demo import world

MONEY, RATE, TIME = "DECIMAL(18,2)", "DECIMAL(18,6)", "TIMESTAMP"

SYNCED = (TIME, f"TIMESTAMP '{world.SYNCED_AT}'")
UPDATED = (TIME, "updated_at")


def key(prefix, column, width):
    """Spell a text key such as C000123; wider where needed, null for a number below one."""
    digits = f"lpad({column}::VARCHAR, greatest({width}, length({column}::VARCHAR))::INTEGER, '0')"
    return ("VARCHAR", f"CASE WHEN {column} >= 1 THEN '{prefix}' || {digits} END")


def text(column):
    """Spell a text column."""
    return ("VARCHAR", f"{column}::VARCHAR")


def cents(column):
    """Spell an amount that the frame holds in cents."""
    return (MONEY, f"(nullif({column}, -1) / 100)::{MONEY}")


def number(column):
    """Spell a whole number."""
    return ("INTEGER", f"nullif({column}, -1)::INTEGER")


def time(column):
    """Spell a point in time."""
    return (TIME, column)


def date(column):
    """Spell a day that the frame holds as a point in time."""
    return ("DATE", f"{column}::DATE")


def nothing(kind="VARCHAR"):
    """Spell a column that the demo leaves null."""
    return (kind, f"NULL::{kind}")


CUSTOMER = key("C", "customer", 6)
ORDER = key("O", "order_number", 7)
CAMPAIGN = key("K", "campaign", 3)
REP = key("R", "rep", 2)
PRODUCT = key("P", "product", 3)


def coded(codes, names):
    """Return a text column from category codes; -1 is null."""
    return pd.Categorical.from_codes(np.asarray(codes), names)
