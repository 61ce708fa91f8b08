"""What is wrong with the tables beyond orders, planted in the manner of `dirt`.

Here is what all tables share: doubles, untidy and unreadable values, bad dates and strangers'
rows. What only one table can get wrong is in `dirt_contacts`, `dirt_sales` and
`dirt_contracts`.
"""

import numpy as np

from tools.demo import dirt_contacts, dirt_contracts, dirt_sales, world
from tools.demo.dirt import scaled
from tools.demo.planter import REJECTED, earlier
from tools.demo.spoiling import KEYS, add_bad, mend, unknown_customer
from tools.demo.tables import CONTRACT

_EVENTS = {
    "touchpoints": "touched_at",
    "messages": "sent_at",
    "interactions": "occurred_at",
    "support_tickets": "opened_at",
    "survey_responses": "responded_at",
    "loyalty_movements": "moved_at",
    "subscriptions": "started_on",
    "consents": "recorded_at",
    "crm_usage": "week_start",
    "leads": "created_at",
}
# an optional text, and how many rows get a blank one and one with spaces around it
_TEXTS = {
    "touchpoints": ("touch_type", 8),
    "messages": ("purpose", 8),
    "interactions": ("direction", 6),
    "support_tickets": ("category", 6),
    "survey_responses": ("topic", 5),
    "subscriptions": ("status", 2),
    "subscription_prices": ("plan", 2),
    "consents": ("source", 6),
    "crm_change_assignments": ("unit_id", 3),
    "leads": ("source", 5),
    "opportunities": ("stage", 3),
}
# an optional value that is null already and becomes an unreadable text: repairing changes nothing
_UNREADABLE = {
    "messages": ("clicked_at", "not a date", "clicked_at", 4),
    "interactions": ("duration_seconds", "a while", "duration", 4),
    "support_tickets": ("reopened_at", "2024-02-31 10:00:00", "reopened_at", 4),
    "customer_rep_assignments": ("unassigned_on", "31.13.2024", "unassigned_on", 2),
    "subscriptions": ("trial_ends_on", "0000-00-00", "trial_ends_on", 2),
    "subscription_prices": ("valid_to", "until further notice", "valid_to", 2),
    "consents": ("expires_at", "never", "expires_at", 4),
    "leads": ("converted_at", "soon", "converted_at", 3),
    "opportunities": ("closed_at", "open", "closed_at", 2),
}
_OLDER = {
    "interactions": (6, {"direction": None}),
    "support_tickets": (6, {"status": "open", "resolved_at": None}),
    "subscriptions": (3, {"status": "active", "billing_interval": "year"}),
}
_DOUBLED = {
    "touchpoints": 6,
    "messages": 6,
    "survey_responses": 4,
    "customer_rep_assignments": 3,
    "loyalty_movements": 4,
    "subscription_prices": 2,
    "consents": 4,
    "crm_changes": 1,
    "crm_change_arms": 1,
    "crm_change_assignments": 3,
    "crm_usage": 3,
    "leads": 3,
    "opportunities": 2,
    "migration_counts": 1,
}
_ORPHANS = {
    "touchpoints": 5,
    "messages": 5,
    "interactions": 5,
    "support_tickets": 4,
    "survey_responses": 3,
    "loyalty_movements": 4,
    "subscriptions": 2,
    "consents": 4,
    "opportunities": 2,
}
_KEYLESS = {"touchpoints": 2, "messages": 2, "interactions": 2, "support_tickets": 2, "leads": 1}
_BLANKS = ["NULL", "null", "   "]
_BAD_DATES = ["2024-02-31", "31.13.2024", "not a date", "0000-00-00"]


def plant(planter, seed, frames, drawn):
    """Plant the defects of all tables beyond orders.

    Parameters
    ----------
    planter : planter.Planter
    seed : int
    frames : dict of str to DataFrame
    drawn : generate.Drawn
    """
    n = len(drawn.customers)
    planter.rng = world.stream(seed, "dirt of the crm")
    for table in dict.fromkeys([*_DOUBLED, *_OLDER, *_TEXTS, *_EVENTS]):
        rows = np.arange(len(frames[table]))
        _plant_doubles(planter, table, rows, n)
        _plant_texts(planter, table, frames[table], rows, n)
        if table in KEYS:
            _plant_bad_rows(planter, table, rows, n)
    dirt_contacts.plant(planter, frames, drawn, n)
    dirt_sales.plant(planter, frames, n)
    dirt_contracts.plant(planter, frames, drawn, n)


def _plant_doubles(planter, table, rows, n):
    if table in _OLDER:
        count, values = _OLDER[table]

        def older(i, text):
            if i % 3 == 2:
                return {}
            return values | {"updated_at": earlier(text["updated_at"], 1)}

        planter.duplicate(table, rows, scaled(count, n), older)
    if table in _DOUBLED:
        planter.duplicate(table, rows, scaled(_DOUBLED[table], n), lambda i, text: {})


def _plant_texts(planter, table, frame, rows, n):
    if table in _TEXTS:
        column, count = _TEXTS[table]
        if table == "crm_change_assignments":
            # without its sales rep a row of the staged change would lose more than a text
            rows = np.flatnonzero(frame["rep"].to_numpy() == 0)

        def blank(i, text):
            return {column: _BLANKS[i % 3]}

        def spaces(i, text):
            return {column: (f"{text[column]} ", f"  {text[column]}")[i % 2]}

        planted = [
            (f"blank_{column}", "blank_text", rows, count, blank),
            (f"spaces_{column}", "trimmed_text", rows, count, spaces),
        ]
        mend(planter, table, n, planted)
    if table in _UNREADABLE and planter.as_text:
        column, value, source, count = _UNREADABLE[table]
        null = frame[source].isna() if frame[source].dtype.kind == "M" else frame[source] < 0
        rows = np.flatnonzero(null.to_numpy())
        planted = (f"bad_{column}", "unreadable_optional_value", rows, count, {column: value})
        mend(planter, table, n, [planted])


def _plant_bad_rows(planter, table, rows, n):
    if table in _ORPHANS:
        planted = ("orphan_customer", "orphan_customer", _ORPHANS[table], unknown_customer)
        add_bad(planter, table, rows, n, [planted])
    if table in _KEYLESS:
        key = next(iter(CONTRACT[table]))
        keyless = planter.picked(table, rows, scaled(_KEYLESS[table], n))
        for row, text in keyless:
            planter.add(table, row, text, **{key: None})
        if keyless:
            planter.note_key(table, "", "blank_key", REJECTED, "missing_key", len(keyless))
    if table not in _EVENTS:
        return
    event = _EVENTS[table]
    planted = [("blank_date", "missing_value", 2, {event: None})]
    if event.endswith("_at"):
        planted.append(("future_date", "future_date", 2, {event: "2099-03-01 10:00:00"}))
    if table in ("touchpoints", "interactions", "support_tickets"):
        planted.append(("old_date", "implausible_date", 2, {event: "1900-01-01 00:00:00"}))
    if planter.as_text:
        bad = ("bad_date", "bad_value", 2, lambda i, text: {event: _BAD_DATES[i % 4]})
        planted.append(bad)
    add_bad(planter, table, rows, n, planted)
