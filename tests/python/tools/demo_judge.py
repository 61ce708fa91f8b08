"""An independent reading of the rules for the demo's raw tables, written without the generator.

`Judge(folder)` reads the CSV files and says for every row of the tables beyond orders whether it
must be accepted, for which reason it is rejected, and which of its values are repaired.
"""

import csv
import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BLANK = {"", "null"}
END = datetime(2025, 7, 1)


def raw_contract():
    """Table -> (key columns, event column, {column: (type, required, accepted values)})."""
    sql = (ROOT / "macros" / "sources" / "raw_contract.sql").read_text()
    text = sql.split("set text -%}")[1].split("{%- endset")[0]
    contract = {}
    for block in re.split(r"\n(?=table )", text.strip()):
        head, *lines = block.strip().splitlines()
        words = dict(word.split("=") for word in head.split() if "=" in word)
        columns = {}
        for line in lines:
            name, kind, *flags = line.split()
            accepted = set(flags[-1].split("|")) if "in" in flags else None
            columns[name] = (kind, "required" in flags, accepted)
        contract[head.split()[1]] = (words["key"].split(","), words.get("event"), columns)
    return contract


def is_blank(text):
    return text.strip().lower() in BLANK


def read_time(text):
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def read_number(text):
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def read_boolean(text):
    return {"true": True, "false": False}.get(text.strip().lower())


READERS = {"text": str, "boolean": read_boolean, "timestamp": read_time, "date": read_time}

# (end, start): an end before its start is cleared
CONTRADICTIONS = {
    "messages": [
        (name, "sent_at")
        for name in ("delivered_at", "opened_at", "clicked_at", "bounced_at", "unsubscribed_at")
    ],
    "support_tickets": [
        ("first_response_at", "opened_at"),
        ("resolved_at", "opened_at"),
        ("reopened_at", "opened_at"),
        ("resolved_at", "first_response_at"),
    ],
    "leads": [("converted_at", "created_at")],
    "opportunities": [("closed_at", "opened_at")],
}
NOT_BELOW_ZERO_OR_CLEARED = {
    "interactions": "duration_seconds",
    "support_tickets": "handling_minutes",
}
NEGATIVE = {
    "messages": ("negative_amount", ["unit_cost"]),
    "opportunities": ("negative_amount", ["amount"]),
    "subscription_prices": ("negative_amount", ["monthly_amount"]),
    "crm_changes": ("negative_amount", ["cost_amount"]),
    "crm_usage": ("negative_count", ["logins", "records_touched", "lists_actioned"]),
}
BACKWARDS = {
    "customer_rep_assignments": ("assigned_on", "unassigned_on"),
    "subscriptions": ("started_on", "ended_on"),
    "subscription_prices": ("valid_from", "valid_to"),
}
NEEDS_RATE = {
    "messages": ("unit_cost", "sent_at"),
    "loyalty_movements": ("value_amount", "moved_at"),
    "opportunities": ("amount", "opened_at"),
    "crm_changes": ("cost_amount", "launched_on"),
}
SCALES = {"0-10": (0, 10), "1-5": (1, 5), "1-7": (1, 7)}


class Judge:
    """Reads one demo and judges its rows."""

    def __init__(self, *folders):
        self.contract = raw_contract()
        self._folders = folders
        self._rows = {}
        self._reasons = {}

    def rows(self, table):
        if table not in self._rows:
            [path] = [f / f"{table}.csv" for f in self._folders if (f / f"{table}.csv").exists()]
            with path.open(newline="") as file:
                self._rows[table] = list(csv.DictReader(file))
        return self._rows[table]

    def value(self, table, row, name):
        """The value as its type; None where it is blank or cannot be read."""
        if is_blank(row[name]):
            return None
        kind = self.contract[table][2][name][0]
        return READERS.get(kind, read_number)(row[name].strip())

    def key(self, table, row):
        return "|".join(row[name] for name in self.contract[table][0])

    def own_reason(self, table, row):
        keys, event, columns = self.contract[table]
        if any(is_blank(row[name]) for name in keys):
            return "missing_key"
        required = [name for name, (_, needed, _) in columns.items() if needed]
        values = {name: self.value(table, row, name) for name in columns}
        if any(values[name] is None and not is_blank(row[name]) for name in required):
            return "bad_value"
        if any(values[name] is None for name in required):
            return "missing_value"
        for name, (_, _, accepted) in columns.items():
            if accepted and values[name] is not None and values[name] not in accepted:
                return "unknown_value"
        if event and values[event] < datetime(1990, 1, 1):
            return "implausible_date"
        if event and "synced_at" in row and values[event] > values["synced_at"]:
            return "future_date"
        code, names = NEGATIVE.get(table, (None, []))
        if any(values[name] is not None and values[name] < 0 for name in names):
            return code
        if table in BACKWARDS:
            start, end = (values[name] for name in BACKWARDS[table])
            if end is not None and end < start:
                return "ends_before_start"
        if table == "survey_responses" and values["score_scale"]:
            low, top = SCALES[values["score_scale"]]
            if not low <= values["score"] <= top:
                return "score_out_of_scale"
        return None

    @cached_property
    def customers(self):
        return {r["customer_id"] for r in self.rows("customers") if not is_blank(r["customer_id"])}

    @cached_property
    def reps(self):
        return {row["sales_rep_id"] for row in self.rows("sales_reps")}

    @cached_property
    def _rates(self):
        return {
            (row["rate_date"], row["currency"])
            for row in self.rows("exchange_rates")
            if (read_number(row["rate_to_reporting"]) or 0) > 0
        }

    def has_rate(self, currency, at):
        days = (str((at - timedelta(days=back)).date()) for back in range(11))
        return currency in (None, "EUR") or any((day, currency) in self._rates for day in days)

    def reasons(self, table):
        """The reason of every row of a table, None for the accepted ones."""
        if table not in self._reasons:
            reasons = [self.own_reason(table, row) for row in self.rows(table)]
            if table == "crm_change_assignments":
                self._two_arms(reasons)
            self._superseded(table, reasons)
            self._references(table, reasons)
            if table == "subscriptions":
                self._overlapping(reasons)
            if table == "survey_responses":
                self._double_responses(reasons)
            self._reasons[table] = reasons
        return self._reasons[table]

    def accepted(self, table):
        pairs = zip(self.rows(table), self.reasons(table), strict=True)
        return [row for row, reason in pairs if reason is None]

    def _left(self, table, reasons):
        rows = self.rows(table)
        return [(index, row) for index, row in enumerate(rows) if reasons[index] is None]

    def _two_arms(self, reasons):
        table, arms = "crm_change_assignments", defaultdict(set)
        for _, row in self._left(table, reasons):
            arms[row["change_id"], row["customer_id"]].add(row["arm"])
        for index, row in self._left(table, reasons):
            if len(arms[row["change_id"], row["customer_id"]]) > 1:
                reasons[index] = "two_arms"

    def _superseded(self, table, reasons):
        winner = {}
        for index, row in self._left(table, reasons):
            key = self.key(table, row)
            if key not in winner:
                winner[key] = index
                continue
            best = self.rows(table)[winner[key]]
            if "updated_at" not in row:
                assert row == best, "without a change time only identical rows may be doubled"
            if row.get("updated_at", "") > best.get("updated_at", ""):
                reasons[winner[key]], winner[key] = "superseded_duplicate", index
            else:
                reasons[index] = "superseded_duplicate"

    def _references(self, table, reasons):
        for index, row in self._left(table, reasons):
            reasons[index] = self._reference(table, row)

    def _reference(self, table, row):
        if table != "erasure_requests" and not is_blank(row.get("customer_id", "")):
            if row["customer_id"] not in self.customers:
                return "orphan_customer"
        if table in ("customer_rep_assignments", "crm_usage"):
            if row["sales_rep_id"] not in self.reps:
                return "orphan_rep"
        if table in ("crm_change_arms", "crm_change_assignments"):
            if row["change_id"] not in {r["change_id"] for r in self.accepted("crm_changes")}:
                return "orphan_change"
        if table == "subscription_prices":
            owner = self._contracts.get(row["subscription_id"])
            if owner is None:
                return "orphan_subscription"
            if not self.has_rate(owner["currency"], read_time(row["valid_from"])):
                return "no_rate"
        if table in NEEDS_RATE:
            amount, at = NEEDS_RATE[table]
            currency = self.value(table, row, "currency")
            if self.value(table, row, amount) is not None:
                if not self.has_rate(currency, self.value(table, row, at)):
                    return "no_rate"
        return None

    @cached_property
    def _contracts(self):
        return {row["subscription_id"]: row for row in self.accepted("subscriptions")}

    def _overlapping(self, reasons):
        table, running = "subscriptions", defaultdict(list)
        left = sorted(
            self._left(table, reasons),
            key=lambda pair: (pair[1]["started_on"], pair[1]["subscription_id"]),
        )
        for index, row in left:
            start, end = (self.value(table, row, name) for name in ("started_on", "ended_on"))
            same = running[row["customer_id"], row["plan"]]
            if any(other is None or other >= start for other in same):
                reasons[index] = "overlapping_subscription"
            else:
                same.append(end)

    def _double_responses(self, reasons):
        table, last = "survey_responses", {}
        names = ("customer_id", "survey_type", "ticket_id", "order_id")
        left = sorted(
            self._left(table, reasons),
            key=lambda pair: (pair[1]["responded_at"], pair[1]["response_id"]),
        )
        for index, row in left:
            what = (*(row[name] for name in names), row["responded_at"][:10])
            if what in last:
                reasons[last[what]] = "double_response"
            last[what] = index

    def rejected(self, table):
        """Count the rejected rows by key and reason; rows without a key under the key ''."""
        found = Counter()
        for row, reason in zip(self.rows(table), self.reasons(table), strict=True):
            if reason is not None:
                found["" if reason == "missing_key" else self.key(table, row), reason] += 1
        return found

    def repaired(self, table):
        """Count the accepted rows by key and repair."""
        found = Counter()
        _, _, columns = self.contract[table]
        ordered = {row["order_id"]: read_time(row["ordered_at"]) for row in self.rows("orders")}
        for row in self.accepted(table):
            codes = set()
            for name, (kind, _, _) in columns.items():
                text = row[name]
                if text and is_blank(text):
                    codes.add("blank_text")
                elif text != text.strip():
                    codes.add("trimmed_text")
                elif text and kind != "text" and self.value(table, row, name) is None:
                    codes.add("unreadable_optional_value")
            for end, start in CONTRADICTIONS.get(table, []):
                late, early = (self.value(table, row, name) for name in (end, start))
                if late is not None and early is not None and late < early:
                    codes.add("contradicting_value")
            if table in NOT_BELOW_ZERO_OR_CLEARED:
                if (self.value(table, row, NOT_BELOW_ZERO_OR_CLEARED[table]) or 0) < 0:
                    codes.add("contradicting_value")
            if table == "touchpoints" and row["order_id"]:
                if read_time(row["touched_at"]) > ordered[row["order_id"]]:
                    codes.add("contradicting_value")
            for code in codes:
                found[self.key(table, row), code] += 1
        return found
