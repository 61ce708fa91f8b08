"""What only one table can get wrong: contradicting times, broken references, doubled answers."""

import numpy as np
import pandas as pd

from tools.demo import world
from tools.demo.dirt import scaled
from tools.demo.planter import KEPT, REJECTED, earlier
from tools.demo.records import differences
from tools.demo.spoiling import add_bad, mend

_CONTRADICTS = "contradicting_value"
_DAY = "%Y-%m-%d"


def _moved(text, days):
    """Move a day so many days on; a text such as 2024-05-31."""
    return (pd.Timestamp(text) + pd.Timedelta(days=days)).strftime(_DAY)


def _where(mask):
    return np.flatnonzero(np.asarray(mask))


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
    _plant_contacts(planter, frames, drawn, n)
    _plant_service(planter, frames, n)
    _plant_sales(planter, frames, n)
    _plant_contracts(planter, frames, n)
    _plant_consents(planter, frames["consents"], n)
    _plant_changes(planter, frames, drawn, n)
    _plant_migration(planter, frames["migration_counts"])


def _plant_contacts(planter, frames, drawn, n):
    frame = frames["touchpoints"]
    order = frame["order_number"].to_numpy() - 1
    early = (order >= 0) & (drawn.orders.second[order] < world.PERIOD_SECONDS - 86_400)
    rows = planter.pick("touchpoints", _where(early), scaled(5, n))
    for row, text in zip(rows, planter.read("touchpoints", rows), strict=True):
        after = str(world.timestamps(drawn.orders.second[order[row]] + 7200)).replace("T", " ")
        planter.change("touchpoints", row, text, touched_at=after)
        planter.note("touchpoints", text, "touch_after_order", "repaired", _CONTRADICTS)

    frame, table = frames["messages"], "messages"
    for column, count in (("opened_at", 4), ("delivered_at", 3), ("clicked_at", 2)):
        mend(
            planter,
            table,
            _where(frame[column].notna()),
            scaled(count, n),
            f"{column[:-3]}_before_sent",
            _CONTRADICTS,
            lambda i, text, column=column: {column: earlier(text["sent_at"], 5)},
        )
    everything = np.arange(len(frame))
    add_bad(
        planter,
        table,
        everything,
        scaled(2, n),
        "negative_cost",
        "negative_amount",
        lambda i, text: {"unit_cost": "-0.0100"},
    )
    add_bad(
        planter,
        table,
        everything,
        scaled(2, n),
        "no_rate",
        "no_rate",
        lambda i, text: {"currency": "SEK"},
    )

    frame, table = frames["interactions"], "interactions"
    unknown = ["fax", "pigeon", "carrier"]
    add_bad(
        planter,
        table,
        np.arange(len(frame)),
        scaled(4, n),
        "unknown_channel",
        "unknown_value",
        lambda i, text: {"channel": unknown[i % 3]},
    )
    mend(
        planter,
        table,
        _where(frame["duration"] >= 0),
        scaled(4, n),
        "negative_duration",
        _CONTRADICTS,
        lambda i, text: {"duration_seconds": "-60"},
    )


def _plant_service(planter, frames, n):
    table, frame = "support_tickets", frames["support_tickets"]
    planted = [
        ("resolved_before_response", "resolved_at", "resolved_at", "first_response_at", 0.05),
        ("response_before_opening", "first_response_at", "resolved_at", "opened_at", 2),
        ("reopened_before_opening", "reopened_at", "reopened_at", "opened_at", 3),
    ]
    for defect, column, known, than, hours in planted:
        mend(
            planter,
            table,
            _where(frame[known].notna()),
            scaled(3, n),
            defect,
            _CONTRADICTS,
            lambda i, text, column=column, than=than, hours=hours: {
                column: earlier(text[than], hours)
            },
        )
    mend(
        planter,
        table,
        np.arange(len(frame)),
        scaled(3, n),
        "negative_handling",
        _CONTRADICTS,
        lambda i, text: {"handling_minutes": "-15"},
    )

    table, frame = "survey_responses", frames["survey_responses"]
    # late enough in the day for an earlier answer on the same one
    late = _where(frame["responded_at"].dt.hour >= 2)
    add_bad(
        planter,
        table,
        late,
        scaled(4, n),
        "answered_twice",
        "double_response",
        lambda i, text: {"score": "1", "responded_at": earlier(text["responded_at"], 1)},
    )
    overall = _where(frame["survey_type"] == "nps")
    add_bad(
        planter,
        table,
        overall,
        scaled(4, n),
        "score_out_of_scale",
        "score_out_of_scale",
        lambda i, text: {
            "score": ("11", "-1", "100")[i % 3],
            "responded_at": earlier(text["responded_at"], 72),
        },
    )
    if planter.as_text:
        add_bad(
            planter,
            table,
            overall,
            scaled(2, n),
            "bad_score",
            "bad_value",
            lambda i, text: {"score": "great"},
        )


def _plant_sales(planter, frames, n):
    table = "customer_rep_assignments"
    everything = np.arange(len(frames[table]))
    planted = [
        ("orphan_rep", 2, lambda i, text: {"sales_rep_id": f"R{90 + i % 9}"}),
        ("orphan_customer", 2, lambda i, text: {"customer_id": f"C99999{i + 1:04d}"}),
        (
            "ends_before_start",
            3,
            lambda i, text: {
                "assigned_on": _moved(text["assigned_on"], 1),
                "unassigned_on": _moved(text["assigned_on"], -10),
            },
        ),
    ]
    for defect, count, values in planted:
        for i, (row, text) in enumerate(planter.picked(table, everything, scaled(count, n))):
            text = planter.add(table, row, text, **values(i, text))
            planter.note(table, text, defect, REJECTED, defect)

    table = "crm_usage"
    everything = np.arange(len(frames[table]))
    counts = ["logins", "records_touched", "lists_actioned"]
    planted = [
        ("orphan_rep", "orphan_rep", lambda i, text: {"sales_rep_id": f"R{90 + i % 9}"}),
        ("negative_count", "negative_count", lambda i, text: {counts[i % 3]: "-4"}),
    ]
    for defect, code, values in planted:
        add_bad(planter, table, everything, 3, defect, code, values)

    mend(
        planter,
        "leads",
        _where(frames["leads"]["converted_at"].notna()),
        scaled(3, n),
        "converted_before_created",
        _CONTRADICTS,
        lambda i, text: {"converted_at": earlier(text["created_at"], 30)},
    )
    table, frame = "opportunities", frames["opportunities"]
    mend(
        planter,
        table,
        _where(frame["closed_at"].notna()),
        scaled(3, n),
        "closed_before_opened",
        _CONTRADICTS,
        lambda i, text: {"closed_at": earlier(text["opened_at"], 30)},
    )
    for defect, code, values in (
        ("negative_amount", "negative_amount", {"amount": "-500.00"}),
        ("no_rate", "no_rate", {"currency": "SEK"}),
    ):
        add_bad(
            planter,
            table,
            np.arange(len(frame)),
            scaled(2, n),
            defect,
            code,
            lambda i, text, values=values: values,
        )

    table, frame = "loyalty_movements", frames["loyalty_movements"]
    everything = np.arange(len(frame))
    for defect, code, values in (
        ("unknown_type", "unknown_value", {"movement_type": "gift"}),
        ("no_rate", "no_rate", {"currency": "SEK"}),
    ):
        add_bad(
            planter,
            table,
            everything,
            scaled(3, n),
            defect,
            code,
            lambda i, text, values=values: values,
        )
    mend(
        planter,
        table,
        _where(frame["order_number"] == 0),
        scaled(4, n),
        "blank_order_id",
        "blank_text",
        lambda i, text: {"order_id": "NULL"},
    )


def _plant_contracts(planter, frames, n):
    table, frame = "subscriptions", frames["subscriptions"]
    everything = np.arange(len(frame))
    running = frame["ended_on"].isna()
    running &= frame["started_on"] < world.timestamps((world.PERIOD_DAYS - 40) * 86_400)
    added = len(planter.added[table])
    add_bad(
        planter,
        table,
        _where(running),
        scaled(2, n),
        "overlaps",
        "overlapping_subscription",
        lambda i, text: {"plan": text["plan"], "started_on": _moved(text["started_on"], 20)},
    )
    add_bad(
        planter,
        table,
        everything,
        scaled(2, n),
        "ends_before_start",
        "ends_before_start",
        lambda i, text: {"ended_on": _moved(text["started_on"], -5), "cancelled_at": None},
    )
    add_bad(
        planter,
        table,
        everything,
        scaled(1, n),
        "unknown_interval",
        "unknown_value",
        lambda i, text: {"billing_interval": "week"},
    )
    rejected = [text for _, text in planter.added[table][added:]]
    prices = "subscription_prices"
    if len(frames[prices]) == 0:
        return
    last = len(frames[prices]) - 1
    [pattern] = planter.read(prices, [last])
    for text in rejected:
        values = {"subscription_id": text["subscription_id"], "valid_from": text["started_on"]}
        values |= {"valid_to": None, "plan": text["plan"]}
        price = planter.add(prices, last, pattern, **values)
        planter.note(prices, price, "subscription_rejected", REJECTED, "orphan_subscription")

    # a contract that is fine, in a currency without rates: its price cannot be used
    for row, text in planter.picked(table, everything, scaled(2, n)):
        key = planter.new_key(table, "SUB", 5)
        values = {"plan": "corner_shop", "currency": "SEK", "ended_on": None, "cancelled_at": None}
        values |= {"end_reason": None, "status": "active"}
        text = planter.add(table, row, text, subscription_id=key, **values)
        planter.note(table, text, "currency_without_rate", KEPT, "unpriced_subscription")
        values = {"subscription_id": key, "valid_from": text["started_on"], "valid_to": None}
        price = planter.add(prices, last, pattern, **values, plan="corner_shop")
        planter.note(prices, price, "no_rate", REJECTED, "no_rate")
    _plant_prices(planter, prices, np.arange(len(frames[prices])), n)


def _plant_prices(planter, table, rows, n):
    planted = [
        ("ends_before_start", "ends_before_start", lambda i: {}),
        ("negative_amount", "negative_amount", lambda i: {"monthly_amount": "-9.90"}),
        (
            "orphan_subscription",
            "orphan_subscription",
            lambda i: {"subscription_id": f"SUB9999{i + 1:02d}"},
        ),
    ]
    if planter.as_text:
        planted.append(("bad_amount", "bad_value", lambda i: {"monthly_amount": "abc"}))
    for defect, code, values in planted:
        for i, (row, text) in enumerate(planter.picked(table, rows, scaled(2, n))):
            # a day that no price of the contract begins on
            day = _moved(text["valid_from"], 1)
            until = _moved(day, -3) if defect == "ends_before_start" else None
            text = planter.add(table, row, text, valid_from=day, valid_to=until, **values(i))
            planter.note(table, text, defect, REJECTED, code)


def _plant_consents(planter, frame, n):
    """Let withdrawals arrive before the grants that they withdraw: the state stays as it was."""
    table = "consents"
    email = (frame["channel"] == "email").to_numpy()
    customer = frame["customer"].to_numpy()
    granted = frame["granted"].to_numpy()
    withdrawn = _where(email & ~granted)
    first = dict(zip(customer[email][::-1], _where(email)[::-1], strict=True))
    pairs = [row for row in withdrawn if first[customer[row]] < row]
    taken = set(planter.taken(table))
    pairs = [row for row in pairs if first[customer[row]] not in taken]
    for row, text in planter.picked(table, pairs, scaled(8, n)):
        partner = int(first[customer[row]])
        [earliest] = planter.read(table, [partner])
        planter.reserve(table, [partner])
        planter.change(table, row, earliest, consent_id=text["consent_id"])
        planter.change(table, partner, text, consent_id=earliest["consent_id"])
        planter.note(table, earliest, "arrives_before_its_grant", KEPT, "recorded_out_of_order")
    everything = np.arange(len(frame))
    planted = [("blank_granted", "missing_value", lambda i, text: {"granted": None})]
    if planter.as_text:
        planted.append(("bad_granted", "bad_value", lambda i, text: {"granted": "maybe"}))
    for defect, code, values in planted:
        add_bad(planter, table, everything, scaled(2, n), defect, code, values)


def _plant_changes(planter, frames, drawn, n):
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

    table, frame = "crm_change_assignments", frames["crm_change_assignments"]
    everything = np.arange(len(frame))
    planted = [
        ("change_rejected", "orphan_change", lambda i: {"change_id": "CH90"}),
        ("orphan_change", "orphan_change", lambda i: {"change_id": "CH99"}),
        ("orphan_customer", "orphan_customer", lambda i: {"customer_id": f"C99999{i + 1:04d}"}),
    ]
    for defect, code, values in planted:
        for i, (row, text) in enumerate(planter.picked(table, everything, scaled(3, n))):
            text = planter.add(table, row, text, **values(i))
            planter.note(table, text, defect, REJECTED, code)
    _plant_two_arms(planter, frame, drawn, n)


def _plant_two_arms(planter, frame, drawn, n):
    """Put customers who take no part into both arms of the randomised change."""
    table, people = "crm_change_assignments", drawn.customers
    inside = np.zeros(len(people), dtype=bool)
    inside[frame["customer"].to_numpy() - 1] = True
    lot = _where(frame["change"] == 1)
    outside = _where(~inside & people.pure & (people.created < world.PERIOD_SECONDS // 2))
    chosen = planter.pick("customers", outside, scaled(3, n))
    if len(lot) == 0 or len(chosen) == 0:
        return
    [pattern] = planter.read(table, [lot[-1]])
    for text in planter.read("customers", chosen):
        for arm in ("reminder", "no_reminder"):
            key = text["customer_id"]
            values = {"customer_id": key, "unit_id": key, "arm": arm, "exposed_on": None}
            row = planter.add(table, int(lot[-1]), pattern, **values)
        planter.note(table, row, "in_two_arms", REJECTED, "two_arms", 2)


def _plant_migration(planter, frame):
    table = "migration_counts"
    rows = [int(row) for row in differences(frame)]
    planter.reserve(table, rows)
    for text in planter.read(table, rows):
        planter.note(table, text, "lost_in_migration", KEPT, "migration_difference")
    others = np.arange(len(frame))
    [(row, text)] = planter.picked(table, others, 1)
    text = planter.add(table, row, text, side="during")
    planter.note(table, text, "unknown_side", REJECTED, "unknown_value")
    if planter.as_text:
        [(row, text)] = planter.picked(table, others, 1)
        text = planter.add(table, row, text, measure="minimum", value="n/a")
        planter.note(table, text, "unreadable_value", REJECTED, "bad_value")
