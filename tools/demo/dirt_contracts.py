"""What only contracts, changes and migration counts can get wrong: parents that are not there."""

import numpy as np

from tools.demo import world
from tools.demo.dirt import scaled
from tools.demo.planter import KEPT, REJECTED
from tools.demo.records import differences
from tools.demo.spoiling import add_bad, moved, unknown_customer


def plant(planter, frames, drawn, n):
    """Plant what is particular to single tables.

    Parameters
    ----------
    planter : planter.Planter
    frames : dict of str to DataFrame
    drawn : generate.Drawn
    n : int
        Number of customers.
    """
    if len(frames["subscription_prices"]):
        _plant_subscriptions(planter, frames, n)
        _plant_prices(planter, len(frames["subscription_prices"]), n)
    _plant_changes(planter, frames["crm_change_assignments"], n)
    _plant_two_arms(planter, frames["crm_change_assignments"], drawn.customers, n)
    _plant_migration(planter, frames["migration_counts"])


def _plant_subscriptions(planter, frames, n):
    table, frame = "subscriptions", frames["subscriptions"]

    def again(i, text):
        return {"plan": text["plan"], "started_on": moved(text["started_on"], 20)}

    def backwards(i, text):
        return {"ended_on": moved(text["started_on"], -5), "cancelled_at": None}

    running = frame["ended_on"].isna()
    running &= frame["started_on"] < world.timestamps((world.PERIOD_DAYS - 40) * world.DAY)
    before = len(planter.added[table])
    planted = [("overlaps", "overlapping_subscription", 2, again)]
    add_bad(planter, table, np.flatnonzero(running), n, planted)
    planted = [
        ("ends_before_start", "ends_before_start", 2, backwards),
        ("unknown_interval", "unknown_value", 1, {"billing_interval": "week"}),
    ]
    add_bad(planter, table, np.arange(len(frame)), n, planted)
    for _, text in planter.added[table][before:]:
        price = _add_price(planter, frames, text)
        planter.note(
            "subscription_prices", price, "subscription_rejected", REJECTED, "orphan_subscription"
        )
    # contracts that are fine, in a currency without rates: their prices cannot be used
    for row, text in planter.picked(table, np.arange(len(frame)), scaled(2, n)):
        values = {"plan": "corner_shop", "currency": "SEK", "ended_on": None, "status": "active"}
        values |= {"cancelled_at": None, "end_reason": None}
        key = planter.new_key(table, "SUB", 5)
        text = planter.add(table, row, text, subscription_id=key, **values)
        planter.note(table, text, "currency_without_rate", KEPT, "unpriced_subscription")
        price = _add_price(planter, frames, text)
        planter.note("subscription_prices", price, "no_rate", REJECTED, "no_rate")


def _add_price(planter, frames, subscription):
    """Add a price of a planted contract behind all others; returns the row."""
    table = "subscription_prices"
    last = len(frames[table]) - 1
    [pattern] = planter.read(table, [last])
    values = {"valid_from": subscription["started_on"], "valid_to": None}
    values |= {name: subscription[name] for name in ("subscription_id", "plan")}
    return planter.add(table, last, pattern, **values)


def _plant_prices(planter, n_rows, n):
    """Plant prices from a day on that no price of the contract begins on."""

    def next_day(text):
        return {"valid_from": moved(text["valid_from"], 1), "valid_to": None}

    def backwards(i, text):
        return next_day(text) | {"valid_to": moved(text["valid_from"], -2)}

    def unknown(i, text):
        return next_day(text) | {"subscription_id": f"SUB9999{i + 1:02d}"}

    def negative(i, text):
        return next_day(text) | {"monthly_amount": "-9.90"}

    def unreadable(i, text):
        return next_day(text) | {"monthly_amount": "abc"}

    planted = [
        ("ends_before_start", "ends_before_start", 2, backwards),
        ("negative_amount", "negative_amount", 2, negative),
        ("orphan_subscription", "orphan_subscription", 2, unknown),
    ]
    if planter.as_text:
        planted.append(("bad_amount", "bad_value", 2, unreadable))
    add_bad(planter, "subscription_prices", np.arange(n_rows), n, planted)


def _plant_changes(planter, assignments, n):
    table = "crm_changes"
    [pattern] = planter.read(table, [1])
    planted = [
        ("CH90", "negative_cost", "negative_amount", {"cost_amount": "-100.00"}),
        ("CH91", "no_rate", "no_rate", {"currency": "SEK"}),
        ("CH92", "blank_name", "missing_value", {"change_name": None}),
    ]
    if planter.as_text:
        planted.append(("CH93", "bad_date", "bad_value", {"launched_on": "31.13.2024"}))
    for key, defect, code, values in planted:
        text = planter.add(table, 1, pattern, change_id=key, **values)
        planter.note(table, text, defect, REJECTED, code)
    [arm] = planter.read("crm_change_arms", [3])
    for key, defect in (("CH90", "change_rejected"), ("CH99", "orphan_change")):
        text = planter.add("crm_change_arms", 3, arm, change_id=key)
        planter.note("crm_change_arms", text, defect, REJECTED, "orphan_change")
    planted = [
        ("change_rejected", "orphan_change", 3, {"change_id": "CH90"}),
        ("orphan_change", "orphan_change", 3, {"change_id": "CH99"}),
        ("orphan_customer", "orphan_customer", 3, unknown_customer),
    ]
    add_bad(planter, "crm_change_assignments", np.arange(len(assignments)), n, planted)


def _plant_two_arms(planter, assignments, customers, n):
    """Put customers who take no part into both arms of the randomised change."""
    table = "crm_change_assignments"
    inside = np.zeros(len(customers), dtype=bool)
    inside[assignments["customer"].to_numpy() - 1] = True
    lot = np.flatnonzero(assignments["change"] == 1)
    early = customers.created < world.PERIOD_SECONDS // 2
    outside = np.flatnonzero(~inside & customers.pure & early)
    chosen = planter.pick("customers", outside, scaled(3, n))
    if len(lot) == 0:
        return
    [pattern] = planter.read(table, [lot[-1]])
    for person in planter.read("customers", chosen):
        for arm in ("reminder", "no_reminder"):
            key = person["customer_id"]
            values = {"customer_id": key, "unit_id": key, "arm": arm, "exposed_on": None}
            text = planter.add(table, int(lot[-1]), pattern, **values)
        planter.note(table, text, "in_two_arms", REJECTED, "two_arms", 2)


def _plant_migration(planter, frame):
    table = "migration_counts"
    rows = [int(row) for row in differences(frame)]
    planter.reserve(table, rows)
    for text in planter.read(table, rows):
        planter.note(table, text, "lost_in_migration", KEPT, "migration_difference")
    [(row, text)] = planter.picked(table, np.arange(len(frame)), 1)
    text = planter.add(table, row, text, side="during")
    planter.note(table, text, "unknown_side", REJECTED, "unknown_value")
    if planter.as_text:
        [(row, text)] = planter.picked(table, np.arange(len(frame)), 1)
        text = planter.add(table, row, text, measure="minimum", value="n/a")
        planter.note(table, text, "unreadable_value", REJECTED, "bad_value")
