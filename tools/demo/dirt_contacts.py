"""What only contacts, service, points and consents can get wrong: times and answers that clash."""

import numpy as np

from tools.demo import world
from tools.demo.dirt import scaled
from tools.demo.planter import KEPT, REPAIRED, earlier
from tools.demo.spoiling import add_bad, mend

_CONTRADICTS = "contradicting_value"
_UNKNOWN_CHANNELS = ["fax", "pigeon", "carrier"]
_IMPOSSIBLE_SCORES = ["11", "-1", "100"]


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
    _plant_touchpoints(planter, frames["touchpoints"], drawn.orders, n)
    _plant_messages(planter, frames["messages"], n)
    _plant_interactions(planter, frames["interactions"], n)
    _plant_tickets(planter, frames["support_tickets"], n)
    _plant_surveys(planter, frames["survey_responses"], n)
    _plant_points(planter, frames["loyalty_movements"], n)
    _plant_consents(planter, frames["consents"], n)


def _plant_touchpoints(planter, frame, orders, n):
    """Move touches behind the order that they are said to have led to."""
    table = "touchpoints"
    order = frame["order_number"].to_numpy() - 1
    early = (order >= 0) & (orders.second[order] < world.PERIOD_SECONDS - world.DAY)
    for row, text in planter.picked(table, _where(early), scaled(5, n)):
        after = str(world.timestamps(orders.second[order[row]] + 7200)).replace("T", " ")
        planter.change(table, row, text, touched_at=after)
        planter.note(table, text, "touch_after_order", REPAIRED, _CONTRADICTS)


def _before(column, than, hours):
    return lambda i, text: {column: earlier(text[than], hours)}


def _plant_messages(planter, frame, n):
    table = "messages"
    planted = [
        (f"{column[:-3]}_before_sent", column, count)
        for column, count in (("opened_at", 4), ("delivered_at", 3), ("clicked_at", 2))
    ]
    for defect, column, count in planted:
        rows = _where(frame[column].notna())
        values = _before(column, "sent_at", 5)
        mend(planter, table, n, [(defect, _CONTRADICTS, rows, count, values)])
    planted = [
        ("negative_cost", "negative_amount", 2, {"unit_cost": "-0.0100"}),
        ("no_rate", "no_rate", 2, {"currency": "SEK"}),
    ]
    add_bad(planter, table, np.arange(len(frame)), n, planted)


def _plant_interactions(planter, frame, n):
    table = "interactions"

    def unknown(i, text):
        return {"channel": _UNKNOWN_CHANNELS[i % 3]}

    planted = [("unknown_channel", "unknown_value", 4, unknown)]
    add_bad(planter, table, np.arange(len(frame)), n, planted)
    talked = _where(frame["duration"] >= 0)
    values = {"duration_seconds": "-60"}
    mend(planter, table, n, [("negative_duration", _CONTRADICTS, talked, 4, values)])


def _plant_tickets(planter, frame, n):
    resolved, reopened = _where(frame["resolved_at"].notna()), _where(frame["reopened_at"].notna())
    everything = np.arange(len(frame))
    planted = [
        ("resolved_before_response", resolved, _before("resolved_at", "first_response_at", 0.05)),
        ("response_before_opening", resolved, _before("first_response_at", "opened_at", 2)),
        ("reopened_before_opening", reopened, _before("reopened_at", "opened_at", 3)),
        ("negative_handling", everything, {"handling_minutes": "-15"}),
    ]
    listed = [(defect, _CONTRADICTS, rows, 3, values) for defect, rows, values in planted]
    mend(planter, "support_tickets", n, listed)


def _plant_surveys(planter, frame, n):
    table = "survey_responses"

    def twice(i, text):
        return {"score": "1", "responded_at": earlier(text["responded_at"], 1)}

    def impossible(i, text):
        # on another day: nobody answered twice
        before = earlier(text["responded_at"], 72)
        return {"score": _IMPOSSIBLE_SCORES[i % 3], "responded_at": before}

    # late enough in the day for an earlier answer on the same one
    late = _where(frame["responded_at"].dt.hour >= 2)
    add_bad(planter, table, late, n, [("answered_twice", "double_response", 4, twice)])
    planted = [("score_out_of_scale", "score_out_of_scale", 4, impossible)]
    if planter.as_text:
        planted.append(("bad_score", "bad_value", 2, {"score": "great"}))
    add_bad(planter, table, _where(frame["survey_type"] == "nps"), n, planted)


def _plant_points(planter, frame, n):
    table = "loyalty_movements"
    planted = [
        ("unknown_type", "unknown_value", 3, {"movement_type": "gift"}),
        ("no_rate", "no_rate", 3, {"currency": "SEK"}),
    ]
    add_bad(planter, table, np.arange(len(frame)), n, planted)
    no_order = _where(frame["order_number"] == 0)
    values = {"order_id": "NULL"}
    mend(planter, table, n, [("blank_order_id", "blank_text", no_order, 4, values)])


def _plant_consents(planter, frame, n):
    """Let withdrawals arrive before the grants that they withdraw: the state stays as it was."""
    table = "consents"
    email = _where(frame["channel"] == "email")
    customer = frame["customer"].to_numpy()
    first = np.full(customer.max(initial=0) + 1, len(frame))
    np.minimum.at(first, customer[email], email)
    withdrawn = email[~frame["granted"].to_numpy()[email]]
    partner = first[customer]
    free = ~np.isin(partner[withdrawn], planter.taken(table))
    pairs = withdrawn[free & (partner[withdrawn] < withdrawn)]
    for row, text in planter.picked(table, pairs, scaled(8, n)):
        other = int(partner[row])
        [earliest] = planter.read(table, [other])
        planter.reserve(table, [other])
        planter.change(table, row, earliest, consent_id=text["consent_id"])
        planter.change(table, other, text, consent_id=earliest["consent_id"])
        planter.note(table, earliest, "arrives_before_its_grant", KEPT, "recorded_out_of_order")
    planted = [("blank_granted", "missing_value", 2, {"granted": None})]
    if planter.as_text:
        planted.append(("bad_granted", "bad_value", 2, {"granted": "maybe"}))
    add_bad(planter, table, np.arange(len(frame)), n, planted)
