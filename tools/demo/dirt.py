"""What is wrong with the demo's raw tables, planted row by row and written down.

Defects are added, not subtracted: rejected orders, lines and refunds are extra rows, so that the
accepted rows still hold the planted truth. Every row carries one reason at most.
"""

import math

import numpy as np

from tools.demo import orders as order_rules
from tools.demo import processes, purchases, world
from tools.demo import refunds as refund_rules
from tools.demo.planter import KEPT, REJECTED, REPAIRED, Planter, earlier

_BLANKS = ["NULL", "null", "   "]
_BAD_DATES = ["2024-02-31", "31.13.2024", "not a date", "0000-00-00"]
_BAD_BIRTH_DATES = ["1985-13-45", "0000-00-00", "unknown", "1990-02-30"]
_UNKNOWN_STATUSES = ["on_hold", "shiped", "unknown?"]


def scaled(count, n_customers):
    """Scale a number of defects: `count` at 3,000 customers, growing with the square root."""
    return max(1, round(count * math.sqrt(n_customers / 3000)))


def extra_order_counts(n_customers, as_text):
    """Return how many extra orders to draw per planted defect."""
    return {
        name: scaled(count, n_customers)
        for name, count in order_rules.EXTRA_DEFECTS.items()
        if as_text or name not in order_rules.NEEDS_TEXT
    }


def plant(seed, connection, frames, drawn, as_text):
    """Plant all defects.

    Parameters
    ----------
    seed : int
    connection : duckdb.DuckDBPyConnection
    frames : dict of str to DataFrame
    drawn : generate.Drawn
        What the frames were made of.
    as_text : bool

    Returns
    -------
    planter.Planter
    """
    planter = Planter(seed, connection, frames, as_text)
    n = len(drawn.customers)
    _plant_customers(planter, drawn.customers, n)
    _plant_extra_orders(planter, drawn.orders)
    _plant_orders(planter, drawn, n)
    _plant_lines(planter, drawn, n)
    _plant_refunds(planter, drawn, n)
    _plant_consequences(planter, drawn)
    _plant_small_tables(planter, frames)
    return planter


def _plant_customers(planter, customers, n):
    table = "customers"
    _plant_twins(planter, customers, n)
    everyone = np.arange(n)

    changed = np.flatnonzero(customers.updated > customers.created + world.DAY)
    planter.duplicate(
        table,
        changed,
        scaled(15, n),
        lambda i, text: {} if i % 3 == 2 else {"phone": None, "updated_at": text["created_at"]},
    )
    columns = ["city", "company", "region", "gender", "industry"]
    for i, (row, text) in enumerate(planter.picked(table, everyone, scaled(20, n))):
        planter.change(table, row, text, **{columns[i % 5]: _BLANKS[i % 3]})
        planter.note(table, text, f"blank_{columns[i % 5]}", REPAIRED, "blank_text")
    for i, (row, text) in enumerate(planter.picked(table, everyone, scaled(12, n))):
        column = ("first_name", "city")[i % 2]
        value = (f"{text[column]} ", f"  {text[column]}")[i // 2 % 2]
        planter.change(table, row, text, **{column: value})
        planter.note(table, text, f"spaces_{column}", REPAIRED, "trimmed_text")
    for i, (row, text) in enumerate(planter.picked(table, everyone, scaled(10, n))):
        planter.change(table, row, text, postal_code=f"00{123 + i % 800}")
        planter.note(table, text, "leading_zero", KEPT, "leading_zero_kept")
    if planter.as_text:
        for i, (row, text) in enumerate(planter.picked(table, everyone, scaled(8, n))):
            planter.change(table, row, text, birth_date=_BAD_BIRTH_DATES[i % 4])
            planter.note(table, text, "bad_birth_date", REPAIRED, "unreadable_optional_value")

    keyless = planter.picked(table, everyone, scaled(3, n))
    for i, (row, text) in enumerate(keyless):
        key = (None, "NULL", "  ")[i % 3]
        email = f"no.key{i + 1}@example.com"
        planter.add(table, row, text, customer_id=key, email=email, phone=None)
    if keyless:
        planter.note_key(table, "", "blank_key", REJECTED, "missing_key", len(keyless))


def _plant_twins(planter, customers, n):
    """Make one person of two: the later record has the earlier e-mail in another spelling."""
    table = "customers"
    cells = [i for i, cell in enumerate(processes.CELLS) if cell.channel == "organic_search"]
    candidates = (customers.cell == cells[0]) & customers.ordered & customers.has_email
    candidates &= customers.country == world.COUNTRIES.index("DE")
    rows = np.flatnonzero(candidates)
    pairs = min(scaled(25, n), len(rows) // 2)
    rows = planter.pick(table, rows, 2 * pairs)
    pairs = len(rows) // 2
    with_spaces = min(scaled(8, n), pairs // 3)
    person = ["first_name", "last_name", "gender", "birth_date", "phone", "region", "city"]
    texts = planter.read(table, rows)
    for i in range(pairs):
        older, younger = texts[2 * i], texts[2 * i + 1]
        email = older["email"].upper() if i % 2 else older["email"].title()
        if i < with_spaces:
            email = f" {email}" if i % 2 else f"{email}  "
            planter.note(table, younger, "spaces_email", REPAIRED, "trimmed_text")
        copied = {name: older[name] for name in [*person, "postal_code"]}
        planter.change(table, rows[2 * i + 1], younger, email=email, **copied)
        planter.note(table, younger, "same_person_twice", REPAIRED, "same_email_merged")


def _plant_extra_orders(planter, orders):
    """Turn the extra orders that were drawn for it into what is wrong with them."""
    table = "orders"
    planted = {
        "guest": lambda i, text: {},
        "test_order": lambda i, text: {},
        "large_cancelled": lambda i, text: {},
        "orphan_customer": lambda i, text: {"customer_id": f"C99999{i + 1:04d}"},
        "bad_date": lambda i, text: {"ordered_at": _BAD_DATES[i % 4]},
        "blank_date": lambda i, text: {"ordered_at": (None, "NULL")[i % 2]},
        "future_date": lambda i, text: {"ordered_at": "2099-03-01 10:00:00"},
        "implausible_date": lambda i, text: {"ordered_at": f"1900-01-0{1 + i % 9} 00:00:00"},
        "no_rate": lambda i, text: {"currency": "SEK"},
        "unknown_status": lambda i, text: {"status": _UNKNOWN_STATUSES[i % 3]},
        "negative_total": lambda i, text: {"total_amount": f"-{text['total_amount']}"},
    }
    codes = {
        "guest": (KEPT, "guest"),
        "test_order": (KEPT, "not_a_sale"),
        "large_cancelled": (KEPT, "not_a_sale"),
        "bad_date": (REJECTED, "bad_value"),
        "blank_date": (REJECTED, "missing_value"),
        "unknown_status": (REJECTED, "unknown_value"),
        "negative_total": (REJECTED, "negative_amount"),
    }
    for index, name in enumerate(order_rules.DEFECT_NAMES):
        rows = np.flatnonzero(orders.defect == index)
        planter.reserve(table, rows)
        for i, (row, text) in enumerate(zip(rows, planter.read(table, rows), strict=True)):
            values = planted[name](i, text)
            if not planter.as_text:
                values = {key: None if value == "NULL" else value for key, value in values.items()}
            if values:
                planter.change(table, int(row), text, **values)
            planter.note(table, text, name, *codes.get(name, (REJECTED, name)))


def _plain_orders(drawn):
    """Mark planned, completed orders without a defect, bool of shape (orders,)."""
    plain = (drawn.orders.kind == order_rules.PURCHASE) & (drawn.orders.defect < 0)
    return plain & (drawn.terms.status == order_rules.COMPLETED)


def _plant_orders(planter, drawn, n):
    table = "orders"
    plain = _plain_orders(drawn)
    settled = plain & (drawn.terms.updated > drawn.orders.second + 3600)

    def older(i, text):
        if i % 5 >= 3:
            return {}
        total = f"{float(text['total_amount']) + 5:.2f}"
        return {"status": "pending", "total_amount": total, "updated_at": text["ordered_at"]}

    planter.duplicate(table, np.flatnonzero(settled), scaled(20, n), older)
    no_code = np.flatnonzero(plain & (drawn.terms.discount_code < 0))
    for i, (row, text) in enumerate(planter.picked(table, no_code, scaled(10, n))):
        planter.change(table, row, text, discount_code=_BLANKS[i % 3])
        planter.note(table, text, "blank_discount_code", REPAIRED, "blank_text")
    for row, text in planter.picked(table, np.flatnonzero(plain), scaled(10, n)):
        planter.change(table, row, text, order_channel=f"{text['order_channel']}  ")
        planter.note(table, text, "spaces_order_channel", REPAIRED, "trimmed_text")


def _plant_lines(planter, drawn, n):
    table = "order_lines"
    rows = np.flatnonzero(_plain_orders(drawn)[drawn.lines.order])

    def older(i, text):
        if i % 3 == 2:
            return {}
        more = str(int(text["quantity"]) + 1)
        return {"quantity": more, "updated_at": earlier(text["updated_at"], 1)}

    planter.duplicate(table, rows, scaled(15, n), older)
    planted = [
        ("orphan_order", 8, "orphan_order", lambda i: {"order_id": f"O99999{i + 1:05d}"}),
        (
            "quantity_below_one",
            6,
            "not_positive_quantity",
            lambda i: {"quantity": ("0", "-1", "-2")[i % 3]},
        ),
    ]
    if planter.as_text:
        planted.append(("unreadable_price", 3, "bad_value", lambda i: {"unit_price": "abc"}))
    for defect, count, code, values in planted:
        for i, (row, text) in enumerate(planter.picked(table, rows, scaled(count, n))):
            key = planter.new_key(table, "L", 7)
            text = planter.add(table, row, text, order_line_id=key, **values(i))
            planter.note(table, text, defect, REJECTED, code)


def _plant_refunds(planter, drawn, n):
    table = "refunds"
    refunds = drawn.refunds
    clean = drawn.orders.defect[refunds.order] < 0

    def older(i, text):
        if i % 5 >= 3:
            return {}
        return {"reason": "other_reason", "updated_at": text["refunded_at"]}

    planter.duplicate(table, np.flatnonzero(clean), scaled(5, n), older)

    whole = clean & (refunds.refund_type == refund_rules.RETURN)
    whole &= refunds.second < world.PERIOD_SECONDS - 10 * world.DAY
    for row, text in planter.picked(table, np.flatnonzero(whole), scaled(5, n)):
        values = _small_refund(planter, earlier(text["refunded_at"], -48), "12.00")
        text = planter.add(table, row, text, **values)
        planter.note(table, text, "second_refund", REJECTED, "refund_exceeds_order")

    # orders without a refund: what is planted on them is the only one they have
    outcomes = drawn.orders.outcome == purchases.KEPT
    free = np.flatnonzero(_plain_orders(drawn) & outcomes & ~drawn.orders.pure)
    planted = [
        ("before_order", 3, "refund_before_order"),
        ("negative_amount", 2, "negative_amount"),
        ("orphan_order", 4, "orphan_order"),
    ]
    if planter.as_text:
        planted.append(("bad_date", 2, "bad_value"))
    if len(refunds) == 0:
        return
    [pattern] = planter.read(table, [0])
    for defect, count, code in planted:
        for i, (_, order) in enumerate(planter.picked("orders", free, scaled(count, n))):
            hours = 72 if defect == "before_order" else -1
            at = earlier(order["ordered_at"], hours)
            values = _small_refund(planter, at, "1.50")
            values |= {"order_id": order["order_id"], "currency": order["currency"]}
            if defect == "negative_amount":
                values["amount"] = "-5.00"
            if defect == "orphan_order":
                values["order_id"] = f"O99999{i + 1:05d}"
            if defect == "bad_date":
                values["refunded_at"] = _BAD_DATES[i % 3]
            text = planter.add(table, len(refunds) - 1, pattern, **values)
            planter.note(table, text, defect, REJECTED, code)


def _small_refund(planter, at, amount):
    """Return the values of a planted refund that gives back no line."""
    return {
        "refund_id": planter.new_key("refunds", "F", 6),
        "order_line_id": None,
        "refunded_at": at,
        "amount": amount,
        "tax_amount": "0.00",
        "shipping_amount": "0.00",
        "quantity": None,
        "restocked": None,
        "refund_type": "refund",
        "reason": "other",
        "updated_at": earlier(at, -1),
    }


def _plant_consequences(planter, drawn):
    """List the lines and refunds of rejected orders: they have no order to belong to."""
    gone = drawn.orders.rejected
    for table, order in (("order_lines", drawn.lines.order), ("refunds", drawn.refunds.order)):
        for text in planter.read(table, np.flatnonzero(gone[order])):
            planter.note(table, text, "order_rejected", REJECTED, "orphan_order")


def _plant_small_tables(planter, frames):
    _plant_products(planter, frames["products"])
    _plant_campaigns(planter, frames["campaigns"])
    _plant_spend(planter, frames["campaign_spend"])
    planter.duplicate(
        "sales_reps",
        np.arange(len(frames["sales_reps"])),
        1,
        lambda i, text: {"team": "trainee", "updated_at": earlier(text["updated_at"], 24)},
    )
    _plant_rates(planter, frames["exchange_rates"])


def _plant_products(planter, frame):
    table = "products"

    def older(i, text):
        if i == 2:
            return {}
        price = f"{float(text['list_price']) - 0.5:.2f}"
        return {"list_price": price, "updated_at": earlier(text["updated_at"], 2000)}

    planter.duplicate(table, np.arange(len(frame)), 3, older)
    known_cost = np.flatnonzero(frame["unit_cost"].to_numpy() >= 0)
    for i, (row, text) in enumerate(planter.picked(table, known_cost, 2)):
        planter.change(table, row, text, category=_BLANKS[i * 2])
        planter.note(table, text, "blank_category", REPAIRED, "blank_text")


def _plant_campaigns(planter, frame):
    table = "campaigns"
    planter.duplicate(
        table,
        np.arange(len(frame)),
        1,
        lambda i, text: {"ended_on": None, "updated_at": earlier(text["updated_at"], 48)},
    )
    for row, text in planter.picked(table, np.arange(len(frame)), 2):
        planter.change(table, row, text, campaign_name=f"{text['campaign_name']}  ")
        planter.note(table, text, "spaces_campaign_name", REPAIRED, "trimmed_text")


def _plant_spend(planter, frame):
    table = "campaign_spend"
    everything = np.arange(len(frame))

    def older(i, text):
        if i == 2:
            return {}
        return {"amount": "1.00", "updated_at": earlier(text["updated_at"], 24)}

    planter.duplicate(table, everything, 3, older)
    planted = [
        ("negative_amount", "negative_amount", lambda i: {"amount": "-20.00"}),
        ("no_rate", "no_rate", lambda i: {"currency": "SEK"}),
    ]
    if planter.as_text:
        planted.append(("bad_date", "bad_value", lambda i: {"spend_date": _BAD_DATES[i]}))
    for defect, code, values in planted:
        for i, (row, text) in enumerate(planter.picked(table, everything, 2)):
            key = planter.new_key(table, "S", 4)
            text = planter.add(table, row, text, spend_id=key, **values(i))
            planter.note(table, text, defect, REJECTED, code)


def _plant_rates(planter, frame):
    """Plant bad rates; without a change time in the contract, duplicates are identical rows."""
    table = "exchange_rates"
    inside = np.flatnonzero(frame["day"].to_numpy() > 30)
    planter.duplicate(table, inside, 3, lambda i, text: {})
    [(row, text)] = planter.picked(table, inside, 1)
    planter.change(table, row, text, rate_to_reporting="0.000000")
    planter.note(table, text, "zero_rate", REJECTED, "negative_amount")
    if planter.as_text:
        [(row, text)] = planter.picked(table, inside, 1)
        planter.change(table, row, text, rate_to_reporting="n/a")
        planter.note(table, text, "unreadable_rate", REJECTED, "bad_value")
