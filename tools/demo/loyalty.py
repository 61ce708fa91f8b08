"""The loyalty programme: points for orders, turned into gifts or lost after a year.

Points are written without a sign, the type says which way they go; a point is worth a cent of
the order's currency. Gifts are no orders: no order redeems points.
"""

import numpy as np
import pandas as pd

from tools.demo import orders as order_rules
from tools.demo import world
from tools.demo.columns import coded

TYPES = ["earn", "redeem", "expire"]
_MEMBERS = 0.38  # of the consumers
_VALID_DAYS = 365


def draw_movements(seed, customers, orders, terms, totals):
    """Draw the movements of points.

    Parameters
    ----------
    seed : int
    customers : customers.Customers
    orders : orders.Orders
    terms : orders.Terms
    totals : baskets.Totals

    Returns
    -------
    DataFrame, one row per movement, by time; nobody ever has less than no points.
    """
    rng = world.stream(seed, "loyalty")
    member = rng.random(len(customers)) < _MEMBERS
    member &= customers.customer_type == world.CONSUMER
    counts = (orders.kind == order_rules.PURCHASE) & (orders.customer >= 0)
    counts &= (terms.status == order_rules.COMPLETED) & (totals.total >= 500)
    order = np.flatnonzero(counts & member[orders.customer])
    earned = orders.second[order] + 2 * world.DAY
    points = totals.total[order] * 3 // 100
    spends = rng.random(len(order)) < 0.14
    spent = np.where(spends, (points + 1) // 2, 0)
    spent_at = earned + (10 + rng.integers(0, 300, len(order))) * world.DAY
    # later than the data: not spent yet
    spent = np.where(spent_at < world.PERIOD_SECONDS - 60, spent, 0)
    lapsed_at = earned + _VALID_DAYS * world.DAY
    none = np.full(len(order), -1)
    kinds = [
        (order, order, earned, points),
        (order, none, spent_at, spent),
        (order, none, lapsed_at, points - spent),
    ]
    source, about, at, amount = (np.concatenate(part) for part in zip(*kinds, strict=True))
    kind = np.repeat([0, 1, 2], len(order))
    keep = np.flatnonzero((at < world.PERIOD_SECONDS - 60) & (amount > 0))
    keep = keep[np.lexsort((kind[keep], at[keep]))]
    currency = world.COUNTRY_CURRENCY[orders.country[source[keep]]]
    return pd.DataFrame(
        {
            "number": np.arange(1, len(keep) + 1),
            "customer": orders.customer[source[keep]] + 1,
            "moved_at": world.timestamps(at[keep]),
            "movement_type": coded(kind[keep], TYPES),
            "points": amount[keep],
            "currency": coded(currency, world.CURRENCIES),
            "order_number": about[keep] + 1,
        }
    )
