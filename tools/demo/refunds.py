"""Money given back: returns, single lines, goodwill, chargebacks and paid cancellations."""

from dataclasses import dataclass

import numpy as np

from tools.demo import orders as order_rules
from tools.demo import purchases, world

REFUND_TYPES = ["refund", "return", "chargeback", "cancellation"]
REFUND, RETURN, CHARGEBACK, CANCELLATION = range(4)
REASONS = ["damaged", "wrong_item", "not_as_expected", "late_delivery", "other"]
_PREPAID_SHARE = 0.25  # of the cancelled orders: paid already, so paid back


@dataclass
class Refunds:
    """One entry per refund, by time; every array has shape (n,), money in cents."""

    order: np.ndarray
    line: np.ndarray  # -1 for none
    second: np.ndarray
    amount: np.ndarray
    tax: np.ndarray
    shipping: np.ndarray
    quantity: np.ndarray  # -1 for none
    restocked: np.ndarray  # 0 no, 1 yes, -1 not asked
    refund_type: np.ndarray
    reason: np.ndarray

    def __len__(self):
        """Count the refunds."""
        return len(self.order)


def _days_later(rng, orders, order, days):
    late = rng.standard_gamma(3.0, len(order)) * (days / 3.0) + 1.0
    return orders.second[order] + (late * world.DAY).astype(np.int64)


def _whole(orders, totals, order, second, refund_type, restocked):
    none = np.full(len(order), -1, dtype=np.int64)
    return {
        "order": order,
        "line": none,
        "second": second,
        "amount": totals.total[order],
        "tax": totals.tax[order],
        "shipping": totals.shipping[order],
        "quantity": none,
        "restocked": np.full(len(order), restocked, dtype=np.int8),
        "refund_type": np.full(len(order), refund_type, dtype=np.int8),
    }


def _first_lines(orders, lines, totals, order, second, rng):
    """Give back the order's first line, with its share of discount and tax."""
    line = np.searchsorted(lines.order, order)
    included = orders.customer_type[order] == world.CONSUMER
    amount = lines.taxable[line] + np.where(included, 0, lines.tax[line])
    return {
        "order": order,
        "line": line,
        "second": second,
        "amount": np.minimum(amount, totals.total[order]),
        "tax": lines.tax[line],
        "shipping": np.zeros(len(order), dtype=np.int64),
        "quantity": lines.quantity[line],
        "restocked": (rng.random(len(order)) < 0.7).astype(np.int8),
        "refund_type": np.full(len(order), REFUND, dtype=np.int8),
    }


def _partly(totals, order, second, percent):
    none = np.full(len(order), -1, dtype=np.int64)
    amount = totals.total[order] * percent // 100
    return {
        "order": order,
        "line": none,
        "second": second,
        "amount": amount,
        "tax": totals.tax[order] * percent // 100,
        "shipping": np.zeros(len(order), dtype=np.int64),
        "quantity": none,
        "restocked": none.astype(np.int8),
        "refund_type": np.full(len(order), REFUND, dtype=np.int8),
    }


def draw_refunds(seed, orders, terms, lines, totals):
    """Draw the refunds of the period, by time, and mark the orders that came back as returned.

    Parameters
    ----------
    seed : int
    orders : orders.Orders
    terms : orders.Terms
        `status` and `updated` of returned orders are changed.
    lines : baskets.Lines
    totals : baskets.Totals

    Returns
    -------
    Refunds
    """
    rng = world.stream(seed, "refunds")
    settled = (terms.status == order_rules.COMPLETED) & (totals.total > 0)

    def having(outcome):
        return np.flatnonzero(settled & (orders.outcome == outcome))

    returned = having(purchases.RETURNED)
    back = _whole(orders, totals, returned, _days_later(rng, orders, returned, 12), RETURN, 1)
    order = having(purchases.LINE_BACK)
    line_back = _first_lines(orders, lines, totals, order, _days_later(rng, orders, order, 14), rng)
    order = having(purchases.GOODWILL)
    percent = rng.integers(10, 31, len(order))
    goodwill = _partly(totals, order, _days_later(rng, orders, order, 9), percent)
    order = having(purchases.TWO_PARTS)
    second = _days_later(rng, orders, order, 8)
    part_one = _partly(totals, order, second, 10)
    part_two = _partly(totals, order, second + rng.integers(1, 9, len(order)) * world.DAY, 10)
    order = having(purchases.CHARGEBACK)
    disputed = _whole(orders, totals, order, _days_later(rng, orders, order, 40), CHARGEBACK, 0)

    # prepaid orders that were cancelled, and some that a defect keeps out: their refunds follow
    cancelled = orders.kind == order_rules.CANCELLED
    order = np.flatnonzero(cancelled & (rng.random(len(orders)) < _PREPAID_SHARE))
    paid_back = _whole(orders, totals, order, terms.cancelled[order] + 3600, CANCELLATION, -1)
    follows = order_rules.DEFECT_NAMES.index("orphan_customer")
    order = np.flatnonzero(orders.defect == follows)[::4]
    orphaned = _whole(orders, totals, order, _days_later(rng, orders, order, 3), RETURN, 1)

    parts = [back, line_back, goodwill, part_one, part_two, disputed, paid_back, orphaned]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in back}
    inside = joined["second"] < world.PERIOD_SECONDS - 7200
    joined = {name: values[inside] for name, values in joined.items()}
    ranked = np.argsort(joined["second"], kind="stable")
    joined = {name: values[ranked] for name, values in joined.items()}
    refunds = Refunds(reason=rng.integers(0, len(REASONS), len(ranked)), **joined)
    _mark_returned(orders, terms, refunds)
    return refunds


def _mark_returned(orders, terms, refunds):
    came_back = (refunds.refund_type == RETURN) & (orders.defect[refunds.order] < 0)
    order = refunds.order[came_back]
    terms.status[order] = order_rules.IS_RETURNED
    terms.updated[order] = np.maximum(terms.updated[order], refunds.second[came_back])
