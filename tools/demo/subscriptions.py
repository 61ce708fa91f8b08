"""Contracts that are billed by the month: coffee boxes and machine care, and what they cost.

A coffee box belongs to each customer with subscription orders, at the mean total of the orders.
The amount is what the contract bills per month in all; the quantity says for how many machines.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tools.demo import orders as order_rules
from tools.demo import world
from tools.demo.columns import coded

PLANS = ["coffee_box", "machine_care", "machine_care_plus"]
INTERVALS = ["month", "quarter", "year"]
END_REASONS = ["voluntary", "payment_failure", "switched"]
STATUSES = ["active", "trial", "ended"]
_BOX_DAYS = 30
_FAR = 10 * world.PERIOD_DAYS
_MONTHLY = np.array([[0, 990, 1690], [0, 2900, 4900]])  # cents by customer type and plan


@dataclass
class _Contracts:
    customer: np.ndarray
    plan: np.ndarray
    start: np.ndarray  # days
    end: np.ndarray  # last day; far away while it runs
    reason: np.ndarray  # -1 while it runs
    trial: np.ndarray  # last day of the trial; -1 for none
    amount: np.ndarray  # cents of the first month
    quantity: np.ndarray

    def __len__(self):
        return len(self.customer)


def _boxes(orders, totals):
    """Return one contract per customer with subscription orders."""
    deliveries = np.flatnonzero(orders.kind == order_rules.SUBSCRIPTION)
    customer, first, index = np.unique(
        orders.customer[deliveries], return_index=True, return_inverse=True
    )
    n = len(customer)
    count = np.bincount(index, minlength=n)
    total = np.bincount(index, weights=totals.total[deliveries], minlength=n)
    last = np.zeros(n, dtype=np.int64)
    np.maximum.at(last, index, orders.day[deliveries])
    end = last + _BOX_DAYS - 1
    running = end >= world.PERIOD_DAYS - 1
    return _Contracts(
        customer=customer,
        plan=np.zeros(n, dtype=np.int64),
        start=orders.day[deliveries[first]],
        end=np.where(running, _FAR, end),
        reason=np.where(running, -1, np.where(customer % 4 == 0, 1, 0)),
        trial=np.full(n, -1),
        amount=np.rint(total / np.maximum(count, 1)).astype(np.int64),
        quantity=np.ones(n, dtype=np.int64),
    )


def _care(rng, customers, boxes):
    """Draw machine care contracts; some switch to the larger plan and go on there."""
    n = len(customers)
    business = customers.customer_type == world.BUSINESS
    free = np.ones(n, dtype=bool)
    free[boxes.customer] = False
    wants = customers.ordered & free & (rng.random(n) < np.where(business, 0.22, 0.075))
    room = customers.first_time < world.PERIOD_DAYS - 60
    who = np.flatnonzero(wants & room)
    start = customers.first_time[who].astype(np.int64) + 1
    start += (rng.random(len(who)) * (world.PERIOD_DAYS - 20 - start)).astype(np.int64)
    end = start + 30 * rng.geometric(0.045, len(who)) - 1
    running = end >= world.PERIOD_DAYS - 1
    reason = rng.choice(3, len(who), p=[0.6, 0.22, 0.18])
    quantity = np.where(business[who], 1 + rng.integers(0, 4, len(who)), 1)
    trial = np.where(rng.random(len(who)) < 0.3, start + 13, -1)
    base = _Contracts(
        customer=who,
        plan=np.ones(len(who), dtype=np.int64),
        start=start,
        end=np.where(running, _FAR, end),
        reason=np.where(running, -1, reason),
        trial=trial,
        amount=_MONTHLY[customers.customer_type[who], 1] * quantity,
        quantity=quantity,
    )
    switched = np.flatnonzero(base.reason == 2)
    begin = base.end[switched] + 1
    stop = begin + 30 * rng.geometric(0.04, len(switched)) - 1
    running = stop >= world.PERIOD_DAYS - 1
    larger = _Contracts(
        customer=who[switched],
        plan=np.full(len(switched), 2),
        start=begin,
        end=np.where(running, _FAR, stop),
        reason=np.where(running, -1, 0),
        trial=np.full(len(switched), -1),
        amount=_MONTHLY[customers.customer_type[who[switched]], 2] * quantity[switched],
        quantity=quantity[switched],
    )
    return base, larger


def draw_subscriptions(seed, customers, orders, totals):
    """Draw contracts and their prices.

    Parameters
    ----------
    seed : int
    customers : customers.Customers
    orders : orders.Orders
    totals : baskets.Totals

    Returns
    -------
    subscriptions, prices : DataFrame
        One row per contract, by start; one row per contract and span of days with one price.
    """
    rng = world.stream(seed, "subscriptions")
    boxes = _boxes(orders, totals)
    parts = [boxes, *_care(rng, customers, boxes)]
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in _Contracts.__dataclass_fields__
    }
    ranked = np.lexsort((joined["customer"], joined["start"]))
    contracts = _Contracts(**{name: values[ranked] for name, values in joined.items()})
    return _frame(rng, customers, contracts), _prices(rng, customers, contracts)


def _frame(rng, customers, contracts):
    n = len(contracts)
    ended = contracts.end < _FAR
    # told up to three weeks before the last day, but never before the start
    notice = contracts.end * world.DAY - rng.integers(0, 21, n) * world.DAY + 9 * 3600
    notice = np.maximum(notice, contracts.start * world.DAY + 12 * 3600)
    cancelled = np.where(ended & (contracts.reason != 1), notice, world.NEVER)
    in_trial = ~ended & (contracts.trial >= world.PERIOD_DAYS)
    updated = np.where(ended, contracts.end * world.DAY + 20 * 3600, contracts.start * world.DAY)
    interval = np.where(contracts.plan == 0, 0, rng.choice(3, n, p=[0.7, 0.15, 0.15]))
    return pd.DataFrame(
        {
            "subscription": np.arange(1, n + 1),
            "customer": contracts.customer + 1,
            "plan": coded(contracts.plan, PLANS),
            "started_on": _days(contracts.start),
            "trial_ends_on": _days(np.where(contracts.trial > 0, contracts.trial, _FAR)),
            "billing_interval": coded(interval, INTERVALS),
            "currency": coded(
                world.COUNTRY_CURRENCY[customers.country[contracts.customer]], world.CURRENCIES
            ),
            "cancelled_at": world.timestamps(cancelled),
            "ended_on": _days(contracts.end),
            "end_reason": coded(contracts.reason, END_REASONS),
            "status": coded(np.where(ended, 2, np.where(in_trial, 1, 0)), STATUSES),
            "updated_at": world.timestamps(updated),
        }
    )


def _days(day):
    return world.timestamps(np.where(day >= _FAR, world.NEVER, day * world.DAY))


def _prices(rng, customers, contracts):
    """Return the spans of one price: a third of the longer care contracts grow or shrink once."""
    n = len(contracts)
    until = np.minimum(contracts.end, world.PERIOD_DAYS - 1)
    long = (until - contracts.start > 120) & (contracts.plan > 0)
    moves = np.flatnonzero(long & (rng.random(n) < 0.75))
    room = until[moves] - contracts.start[moves] - 60
    day = contracts.start[moves] + 30 + (rng.random(len(moves)) * room).astype(np.int64)
    unit = contracts.amount[moves] // contracts.quantity[moves]
    kind = rng.choice(3, len(moves), p=[0.45, 0.2, 0.35])  # more machines, dearer, less
    quantity = contracts.quantity[moves] + (kind == 0)
    fewer = (kind == 2) & (contracts.quantity[moves] > 1)
    quantity = quantity - fewer
    unit = np.where(kind == 1, unit * 115 // 100, unit)
    unit = np.where((kind == 2) & ~fewer, unit * 80 // 100, unit)
    first_end = contracts.end.copy()
    first_end[moves] = day - 1
    index = np.concatenate([np.arange(n), moves])
    rows = {
        "subscription": index + 1,
        "from": np.concatenate([contracts.start, day]),
        "monthly_amount": np.concatenate([contracts.amount, unit * quantity]),
        "to": np.concatenate([first_end, contracts.end[moves]]),
        "quantity": np.concatenate([contracts.quantity, quantity]),
        "plan": contracts.plan[index],
    }
    ranked = np.lexsort((rows["from"], rows["subscription"]))
    rows = {name: values[ranked] for name, values in rows.items()}
    return pd.DataFrame(
        {
            "subscription": rows["subscription"],
            "valid_from": _days(rows["from"]),
            "monthly_amount": rows["monthly_amount"],
            "valid_to": _days(rows["to"]),
            "quantity": rows["quantity"],
            "plan": coded(rows["plan"], PLANS),
        }
    )
