"""Customers who asked to be erased: who they are, and every row that must go or lose its owner.

They carry no other defect, take part in no change and have no contract, so that what is expected
of their rows is beyond doubt.
"""

import numpy as np

from tools.demo import records, world
from tools.demo.dirt import scaled
from tools.demo.planter import ERASED, KEPT, REJECTED

# the tables whose rows of the customer are erased
TABLES = [
    "customers",
    "touchpoints",
    "messages",
    "interactions",
    "support_tickets",
    "survey_responses",
    "loyalty_movements",
    "consents",
]
_MOST_ROWS = 20


def _spoiled(planter, frames, n):
    """Mark customers with a planted defect in any table, bool of shape (n,)."""
    spoiled = np.zeros(n + 1, dtype=bool)  # the last one stands for no customer
    orders = frames["orders"]["customer"].to_numpy()
    for table, frame in frames.items():
        rows = planter.taken(table)
        if "customer" in frame:
            spoiled[frame["customer"].to_numpy()[rows] - 1] = True
        elif "order_number" in frame:
            spoiled[orders[frame["order_number"].to_numpy()[rows] - 1] - 1] = True
    return spoiled[:n]


def _candidates(planter, frames, drawn, changes):
    customers = drawn.customers
    n = len(customers)
    free = ~_spoiled(planter, frames, n) & customers.ordered & (changes.arm < 0)
    free &= (customers.customer_type == world.CONSUMER) & ~customers.pure
    free &= customers.created < world.PERIOD_SECONDS - 45 * world.DAY
    free[customers.referrer[customers.referrer >= 0]] = False
    free[frames["subscriptions"]["customer"].to_numpy() - 1] = False
    total = np.zeros(n, dtype=np.int64)
    for table in TABLES:
        owner = frames[table]["customer"].to_numpy()
        rows = np.bincount(owner[owner > 0] - 1, minlength=n)
        total += rows
        if table in ("touchpoints", "messages", "consents"):
            free &= rows > 0
    return np.flatnonzero(free & (total <= _MOST_ROWS))


def plant(planter, seed, frames, drawn, changes):
    """Draw the customers to erase, fill the table of requests and list their rows.

    Parameters
    ----------
    planter : planter.Planter
    seed : int
    frames : dict of str to DataFrame
        `erasure_requests` is replaced.
    drawn : generate.Drawn
    changes : experiments.Changes

    Returns
    -------
    list of int
        Index of each erased customer.
    """
    rng = world.stream(seed, "erasure")
    free = _candidates(planter, frames, drawn, changes)
    count = min(scaled(3, len(drawn.customers)), len(free))
    erased = np.sort(rng.choice(free, count, replace=False)).astype(np.int64)
    at = (
        world.PERIOD_SECONDS - rng.integers(2, 30, count) * world.DAY - rng.integers(0, 9999, count)
    )
    frames["erasure_requests"] = records.requests_frame(erased, at)
    for table in [*TABLES, "orders"]:
        rows = np.flatnonzero(np.isin(frames[table]["customer"].to_numpy(), erased + 1))
        treatment, code = (KEPT, "guest") if table == "orders" else (ERASED, "erased")
        for text in planter.read(table, rows):
            planter.note(table, text, "erasure_request", treatment, code)
    if count:
        _plant_requests(planter)
    return erased.tolist()


def _plant_requests(planter):
    """Plant a request about nobody known, one that came twice, and one without a readable date."""
    table = "erasure_requests"
    [text] = planter.read(table, [0])
    unknown = planter.add(
        table, 0, text, request_id=planter.new_key(table, "E", 3), customer_id="C999990001"
    )
    planter.note(table, unknown, "unknown_customer", KEPT, "unknown_customer")
    planter.duplicate(table, [0], 1, lambda i, text: {})
    if planter.as_text:
        values = {"customer_id": "C999990002", "requested_at": "31.13.2024"}
        bad = planter.add(table, 0, text, request_id=planter.new_key(table, "E", 3), **values)
        planter.note(table, bad, "bad_date", REJECTED, "bad_value")
