"""Order heads: planned purchases, the orders that are none, and what was agreed at the till."""

from dataclasses import dataclass

import numpy as np

from tools.demo import company, processes, purchases, world

# what an order is
PURCHASE, CANCELLED, REPLACEMENT, SUBSCRIPTION, EXTRA = range(5)

# why an extra order was planted; each name is also the defect in the list of planted defects
EXTRA_DEFECTS = {
    "guest": 80,
    "test_order": 5,
    "large_cancelled": 2,
    "orphan_customer": 10,
    "bad_date": 8,
    "blank_date": 2,
    "future_date": 1,
    "implausible_date": 2,
    "no_rate": 6,
    "unknown_status": 3,
    "negative_total": 2,
}
NEEDS_TEXT = ("bad_date",)  # cannot be planted where columns have native types
DEFECT_NAMES = list(EXTRA_DEFECTS)
_KEPT_DEFECTS = ("guest", "test_order", "large_cancelled")

STATUSES = ["pending", "completed", "cancelled", "returned", "test"]
PENDING, COMPLETED, IS_CANCELLED, IS_RETURNED, TEST = range(5)
ORDER_TYPES = ["one_off", "subscription", "replacement"]
ORDER_CHANNELS = ["webshop", "mobile_app", "phone", "marketplace", "sales_rep"]
PAYMENT_METHODS = ["card", "paypal", "sepa_debit", "invoice"]
DISCOUNT_CODES = ["WELCOME10", "COFFEE5", "TEAM15"]
DISCOUNT_PERCENT = np.array([10, 5, 15], dtype=np.int64)
_FEE_PER_MILLE = np.array([14, 25, 0, 0], dtype=np.int64)
_FEE_FIXED = np.array([25, 35, 20, 0], dtype=np.int64)

_CANCELLED_SHARE = 0.042  # extra orders, beside the planned ones
_REPLACEMENT_SHARE = 0.006
_SUBSCRIBER_SHARE = 0.022  # of the consumers outside the pure cell
_PENDING_DAYS = 3


@dataclass
class Orders:
    """One entry per order, by time; every array has shape (n,)."""

    customer: np.ndarray  # -1 for guests and orphans
    country: np.ndarray
    customer_type: np.ndarray
    second: np.ndarray  # since the period's start
    kind: np.ndarray
    defect: np.ndarray  # index into DEFECT_NAMES; -1 for none
    first: np.ndarray
    value: np.ndarray  # planned net value, EUR
    outcome: np.ndarray
    pure: np.ndarray

    def __len__(self):
        """Count the orders."""
        return len(self.customer)

    @property
    def day(self):
        """Whole days since the period's start."""
        return self.second // world.DAY

    @property
    def rejected(self):
        """Orders planted to be rejected, bool of shape (n,)."""
        kept = [DEFECT_NAMES.index(name) for name in _KEPT_DEFECTS]
        return (self.defect >= 0) & ~np.isin(self.defect, kept)


def _part(customers, customer, time, kind, value, **given):
    """Return the arrays of one kind of order; `time` in days, the rest as in Orders."""
    n = len(customer)
    known = customer >= 0
    country = np.where(known, customers.country[customer], 0)
    customer_type = np.where(known, customers.customer_type[customer], world.CONSUMER)
    part = {
        "customer": customer,
        "country": country,
        "customer_type": customer_type,
        "time": time,
        "kind": np.full(n, kind, dtype=np.int8),
        "defect": np.full(n, -1, dtype=np.int8),
        "first": np.zeros(n, dtype=bool),
        "value": value,
        "outcome": np.zeros(n, dtype=np.int8),
        "pure": known & customers.pure[customer],
    }
    return part | given


def _after_purchases(rng, bought, chosen, longest):
    """Draw times soon after the chosen purchases, in days; drop those behind the period."""
    time = bought.time[chosen] + 0.02 + rng.random(len(chosen)) * longest
    keep = time < world.PERIOD_DAYS - 0.1
    return chosen[keep], time[keep]


def _cancelled(rng, customers, bought):
    chosen = np.flatnonzero(rng.random(len(bought.time)) < _CANCELLED_SHARE)
    chosen, time = _after_purchases(rng, bought, chosen, 20.0)
    return _part(customers, bought.customer[chosen], time, CANCELLED, bought.value[chosen])


def _replacements(rng, customers, bought):
    drawn = rng.random(len(bought.time)) < _REPLACEMENT_SHARE
    chosen = np.flatnonzero(drawn & ~customers.pure[bought.customer])
    chosen, time = _after_purchases(rng, bought, chosen, 14.0)
    return _part(customers, bought.customer[chosen], time, REPLACEMENT, np.full(len(chosen), 25.0))


def _subscriptions(rng, customers):
    """Draw monthly deliveries of a few consumers: revenue, but no planted purchase."""
    drawn = rng.random(len(customers)) < _SUBSCRIBER_SHARE
    consumer = customers.customer_type == world.CONSUMER
    members = np.flatnonzero(drawn & consumer & customers.ordered & ~customers.pure)
    months = rng.geometric(0.12, len(members))
    start = customers.first_time[members] + rng.random(len(members)) * 60.0
    who = np.repeat(np.arange(len(members)), months)
    rank = np.arange(len(who)) - np.repeat(np.cumsum(months) - months, months)
    time = start[who] + rank * 30.0 + rng.random(len(who)) * 0.2
    value = (14.0 + rng.random(len(members)) * 20.0)[who]
    keep = time < world.PERIOD_DAYS - 0.1
    return _part(customers, members[who][keep], time[keep], SUBSCRIPTION, value[keep])


def _planted(rng, customers, bought, counts):
    """Draw extra orders that carry a defect: rejecting them leaves the planted truth as it was."""
    parts = []
    eligible = ~customers.pure[bought.customer] & (bought.time < world.PERIOD_DAYS - 45)
    for name, count in counts.items():
        if name in ("guest", "orphan_customer"):
            customer = np.full(count, -1, dtype=np.int64)
            time = rng.random(count) * (world.PERIOD_DAYS - 10)
            country = rng.choice(len(world.COUNTRIES), count, p=world.COUNTRY_SHARES)
            given = {"country": country}
        else:
            mask = eligible
            if name == "large_cancelled":
                mask = eligible & (customers.customer_type[bought.customer] == world.BUSINESS)
            candidates = np.flatnonzero(mask)
            chosen = rng.choice(candidates, min(count, len(candidates)), replace=False)
            customer = bought.customer[chosen]
            time = bought.time[chosen] + 1.0 + rng.random(len(chosen)) * 29.0
            given = {}
        value = 15.0 + rng.standard_gamma(3.0, len(customer)) * 14.0
        if name == "large_cancelled":
            value = 27_000.0 + rng.random(len(customer)) * 12_000.0
        defect = np.full(len(customer), DEFECT_NAMES.index(name), dtype=np.int8)
        parts.append(_part(customers, customer, time, EXTRA, value, defect=defect, **given))
    return parts


def draw_orders(seed, customers, bought, defect_counts):
    """Draw all orders of the period, ordered by time.

    Parameters
    ----------
    seed : int
    customers : customers.Customers
    bought : purchases.Purchases
    defect_counts : dict of str to int
        How many extra orders to plant per name in EXTRA_DEFECTS; empty for none.

    Returns
    -------
    Orders
    """
    rng = world.stream(seed, "orders")
    past = bought.time < world.PERIOD_DAYS
    bought = purchases.Purchases(
        customer=bought.customer[past],
        time=bought.time[past],
        first=bought.first[past],
        value=bought.value[past],
        outcome=bought.outcome[past],
        alive=bought.alive,
    )
    planned = _part(
        customers,
        bought.customer,
        bought.time,
        PURCHASE,
        bought.value,
        first=bought.first,
        outcome=bought.outcome,
    )
    parts = [
        planned,
        _cancelled(rng, customers, bought),
        _replacements(rng, customers, bought),
        _subscriptions(rng, customers),
        *_planted(rng, customers, bought, defect_counts),
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in planned}
    order = np.argsort(joined["time"], kind="stable")
    joined = {name: values[order] for name, values in joined.items()}
    second = world.shop_seconds(joined.pop("time"))
    joined["country"] = joined["country"].astype(np.int8)
    return Orders(second=second, **joined)


@dataclass
class Terms:
    """What was agreed with each order; every array has shape (n,)."""

    status: np.ndarray
    order_type: np.ndarray
    cancelled: np.ndarray  # second of the cancellation; -1 for none
    updated: np.ndarray
    discount_code: np.ndarray  # -1 for none
    discount_percent: np.ndarray
    order_channel: np.ndarray
    payment_method: np.ndarray
    campaign: np.ndarray
    rep: np.ndarray


def _draw_status(rng, orders):
    status = np.full(len(orders), COMPLETED, dtype=np.int8)
    large = orders.defect == DEFECT_NAMES.index("large_cancelled")
    status[(orders.kind == CANCELLED) | large] = IS_CANCELLED
    status[orders.defect == DEFECT_NAMES.index("test_order")] = TEST
    fresh = orders.second >= world.PERIOD_SECONDS - _PENDING_DAYS * world.DAY
    waiting = fresh & (orders.kind == PURCHASE) & ~orders.pure
    status[waiting & (rng.random(len(orders)) < 0.75)] = PENDING
    return status, large


def _draw_campaigns(rng, customers, orders):
    """Give first orders the campaign that won the customer; later ones sometimes another."""
    known = orders.customer >= 0
    campaign = np.where(known & orders.first, customers.campaign[orders.customer], -1)
    later = known & ~orders.first & (orders.kind == PURCHASE)
    letter = company.CAMPAIGN_START[company.COFFEE_LETTER]
    reached = later & (orders.day >= letter) & (rng.random(len(orders)) < 0.12)
    campaign[reached] = company.COFFEE_LETTER
    affiliate = customers.channel[orders.customer] == processes.CHANNELS.index("affiliate")
    returning = later & affiliate & (orders.day >= processes.REACTIVATION_DAY)
    returning &= orders.day <= company.CAMPAIGN_END[company.SPRING_RETURN]
    campaign[returning] = company.SPRING_RETURN
    return campaign.astype(np.int8)


def _reps(customers, orders):
    """Return the customer's rep on the order's day; -1 for consumers."""
    rep = np.where(orders.customer >= 0, customers.rep[orders.customer], -1)
    gone = (rep >= 0) & (orders.day > company.rep_left_day()[rep])
    return np.where(gone, company.rep_successor()[rep], rep).astype(np.int8)


def draw_terms(seed, customers, orders):
    """Draw status, discount, channel, payment, campaign and rep of every order.

    Parameters
    ----------
    seed : int
    customers : customers.Customers
    orders : Orders

    Returns
    -------
    Terms
    """
    rng = world.stream(seed, "terms")
    n = len(orders)
    business = orders.customer_type == world.BUSINESS
    status, large = _draw_status(rng, orders)
    cancelled = np.full(n, -1, dtype=np.int64)
    is_cancelled = status == IS_CANCELLED
    delay = np.where(large, 180 + rng.integers(0, 540, n), 600 + rng.integers(0, 2 * world.DAY, n))
    cancelled[is_cancelled] = (orders.second + delay)[is_cancelled]
    cancelled = np.minimum(cancelled, world.PERIOD_SECONDS - 60)
    shipped = orders.second + (1.0 + 3.0 * rng.random(n)) * world.DAY
    updated = np.minimum(shipped.astype(np.int64), world.PERIOD_SECONDS - 30)
    updated = np.where(status == PENDING, orders.second, updated)
    updated = np.where(is_cancelled, cancelled, updated)

    paid = (orders.kind == PURCHASE) | (orders.kind == EXTRA) & ~large
    chance = rng.random(n)
    code = np.full(n, -1, dtype=np.int8)
    code[paid & (chance < 0.07)] = DISCOUNT_CODES.index("COFFEE5")
    code[paid & (chance < 0.07) & business] = DISCOUNT_CODES.index("TEAM15")
    code[paid & orders.first & ~business & (chance < 0.2)] = DISCOUNT_CODES.index("WELCOME10")

    channel = rng.choice(4, n, p=[0.66, 0.22, 0.04, 0.08])
    channel = np.where(business, np.where(rng.random(n) < 0.5, 4, channel % 3), channel)
    method = rng.choice(3, n, p=[0.5, 0.35, 0.15])
    method = np.where(business & (rng.random(n) < 0.75), 3, method)
    order_type = np.zeros(n, dtype=np.int8)
    order_type[orders.kind == SUBSCRIPTION] = ORDER_TYPES.index("subscription")
    order_type[orders.kind == REPLACEMENT] = ORDER_TYPES.index("replacement")
    return Terms(
        status=status,
        order_type=order_type,
        cancelled=cancelled,
        updated=updated,
        discount_code=code,
        discount_percent=np.where(code >= 0, DISCOUNT_PERCENT[code], 0),
        order_channel=channel.astype(np.int8),
        payment_method=method.astype(np.int8),
        campaign=_draw_campaigns(rng, customers, orders),
        rep=_reps(customers, orders),
    )


def payment_fees(method, total_cents):
    """Return fees in cents: a share of the total plus a fixed part; nothing for nothing paid."""
    fee = (total_cents * _FEE_PER_MILLE[method] + 500) // 1000 + _FEE_FIXED[method]
    return np.where(total_cents > 0, fee, 0)
