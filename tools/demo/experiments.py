"""Two changes of the CRM with a known effect: one randomised, one staged.

Reminder (randomised by customer, within pairs that bought alike before): a reminder mail to
consumers. It makes those who were reached and had bought within the year before order more often:
orders that nobody else has, appended behind all others, at a Poisson rate of EXTRA_ORDERS each
within the window. It does nothing for the rest. Customers of the pure cell take no part.

Service desk (staged by sales rep): from the rep's start on, first responses to the rep's
customers take RESPONSE_FACTOR of the time. It does not change what is ordered.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tools.demo import baskets, company, world
from tools.demo import orders as order_rules
from tools.demo.columns import coded

REMINDER, DESK = 1, 2
REMINDER_DAY = world.day_of("2024-10-01")
WINDOW_DAYS = 180
EXTRA_ORDERS = 0.45
RECENT_DAYS = 365
DESK_DAY = world.day_of("2024-07-01")
RESPONSE_FACTOR = 0.5
ARMS = ["reminder", "no_reminder", "new_desk", "old_desk"]
_FAR = 10 * world.PERIOD_DAYS
# the reps' starts; those not named keep the old desk and are the comparison
_DESK_STARTS = {
    "2024-07-01": [0, 1, 6, 11],
    "2024-10-01": [2, 8, 10],
    "2025-01-01": [3, 7],
}


@dataclass
class Changes:
    """What was decided for whom; arrays of shape (customers,) unless said otherwise."""

    arm: np.ndarray  # of the reminder: 0 reminder, 1 none, -1 takes no part
    exposed_day: np.ndarray  # of the reminder; -1 for never
    responsive: np.ndarray  # reached and bought within the year before
    desk_day: np.ndarray  # first day with the new desk; far away for never
    rep_day: np.ndarray  # the same per rep, shape (reps,)
    extra: order_rules.Orders  # the orders that the reminder caused
    terms: order_rules.Terms
    lines: baskets.Lines
    totals: baskets.Totals
    extra_euro: np.ndarray  # net revenue of each of them, shape (extra orders,)

    RESPONSE_FACTOR = RESPONSE_FACTOR


def draw_changes(seed, customers, bought, consents, rates):
    """Draw arms, exposure and the orders that the reminder causes.

    Parameters
    ----------
    seed : int
    customers : customers.Customers
    bought : purchases.Purchases
    consents : consent.Consents
    rates : ndarray, shape (currencies, days)

    Returns
    -------
    Changes
    """
    rng = world.stream(seed, "reminder")
    n = len(customers)
    part = (customers.customer_type == world.CONSUMER) & customers.ordered & ~customers.pure
    before = bought.time < REMINDER_DAY
    last = np.full(n, -np.inf)
    np.maximum.at(last, bought.customer[before], bought.time[before])
    orders = np.bincount(bought.customer[before], minlength=n)
    spent = np.bincount(bought.customer[before], weights=bought.value[before], minlength=n)
    members = np.flatnonzero(part & (customers.first_time < REMINDER_DAY))
    arm = np.full(n, -1, dtype=np.int8)
    arm[members] = _by_lot(rng, orders[members], last[members])
    allowed = (consents.email_from != world.NEVER) & (
        consents.email_until > (REMINDER_DAY + 15) * world.DAY
    )
    reached = (arm == 0) & allowed
    exposed_day = np.where(reached, REMINDER_DAY + rng.integers(0, 14, n), -1)

    responsive = reached & (last >= REMINDER_DAY - RECENT_DAYS)

    who = np.repeat(np.arange(n), np.where(responsive, rng.poisson(EXTRA_ORDERS, n), 0))
    start = exposed_day[who] + 1.0
    time = start + rng.random(len(who)) * (REMINDER_DAY + WINDOW_DAYS - 1.0 - start)
    value = spent[who] / np.maximum(orders[who], 1) * (0.8 + 0.4 * rng.random(len(who)))
    by_time = np.argsort(time, kind="stable")
    extra = _orders(customers, who[by_time], time[by_time], value[by_time])
    # the same streams as the other orders', from a seed of their own
    own_seed = int(rng.integers(1, 2**31))
    terms = order_rules.draw_terms(own_seed, customers, extra)
    lines, totals = baskets.fill_baskets(own_seed, extra, terms, rates)
    rate = rates[world.COUNTRY_CURRENCY[extra.country], extra.day]
    return Changes(
        arm=arm,
        exposed_day=exposed_day,
        responsive=responsive,
        desk_day=_desk_days(customers),
        rep_day=_rep_days(),
        extra=extra,
        terms=terms,
        lines=lines,
        totals=totals,
        extra_euro=_net_cents(extra, lines) * rate / 100.0,
    )


def _by_lot(rng, orders, last):
    """Draw an arm, 0 or 1, for each customer: one of either in every pair of similar customers.

    Pairs that bought alike before make arms that are alike, so that the few orders the change
    adds are not drowned by chance.
    """
    alike = np.lexsort((last, orders))
    place = np.arange(len(alike))
    swapped = rng.random(len(alike)) < 0.5
    arm = np.empty(len(alike), dtype=np.int8)
    arm[alike] = (place + swapped[place // 2]) % 2
    return arm


def _orders(customers, who, time, value):
    n = len(who)
    return order_rules.Orders(
        customer=who,
        country=customers.country[who],
        customer_type=customers.customer_type[who],
        second=world.shop_seconds(time),
        kind=np.full(n, order_rules.PURCHASE, dtype=np.int8),
        defect=np.full(n, -1, dtype=np.int8),
        first=np.zeros(n, dtype=bool),
        value=value,
        outcome=np.zeros(n, dtype=np.int8),
        pure=np.zeros(n, dtype=bool),
    )


def _net_cents(orders, lines):
    # consumers only: the tax is inside the price
    net = lines.taxable - lines.tax
    return np.bincount(lines.order, weights=net, minlength=len(orders))


def _rep_days():
    days = np.full(len(company.SALES_REPS), _FAR)
    for date, reps in _DESK_STARTS.items():
        days[reps] = world.day_of(date)
    return days


def desk_unit(customers):
    """Return each customer's rep at the desk's launch or at the first order; -1 for none."""
    day = np.maximum(customers.first_time.astype(np.int64), DESK_DAY)
    return company.rep_on_day(customers.rep, day)


def _desk_days(customers):
    unit = desk_unit(customers)
    return np.where(unit >= 0, _rep_days()[unit], _FAR)


def changes_frame():
    """Return the crm_changes table, one row per change."""
    days = np.array([REMINDER_DAY, DESK_DAY])
    return pd.DataFrame(
        {
            "change": [REMINDER, DESK],
            "change_name": ["Reminder mail", "New service desk"],
            "launched_on": world.timestamps(days * world.DAY),
            "assignment_mechanism": ["randomised", "staged"],
            "description": [
                "A mail that reminds consumers to reorder, to half of them by lot",
                "Tickets of a sales rep's customers move to the new desk, rep by rep",
            ],
            "ended_on": world.timestamps([(REMINDER_DAY + WINDOW_DAYS) * world.DAY, world.NEVER]),
            "assignment_unit": ["customer", "sales_rep"],
            "outcome_window_days": [WINDOW_DAYS, 90],
            "objective_metric": ["net_revenue", "first_response_hours"],
            "minimum_effect": [4.0, -4.0],
            "decision_on": world.timestamps(
                np.array([REMINDER_DAY + WINDOW_DAYS + 10, world.day_of("2025-05-15")]) * world.DAY
            ),
            "registered_at": world.timestamps((days - 21) * world.DAY + 10 * 3600),
            "cost_amount": [180_000, 650_000],
            "currency": ["EUR", "EUR"],
        }
    )


def arms_frame():
    """Return the crm_change_arms table; the staged change has no planned shares."""
    return pd.DataFrame(
        {
            "change": [REMINDER, REMINDER, DESK, DESK],
            "arm": ARMS,
            "is_control": [False, True, False, True],
            "planned_share": [0.5, 0.5, None, None],
        }
    )


def assignments_frame(customers, changes):
    """Return the crm_change_assignments table, by change and customer."""
    lot = np.flatnonzero(changes.arm >= 0)
    unit = desk_unit(customers)
    desk = np.flatnonzero(unit >= 0)
    # a customer who came later starts on the first day; the comparison counts from the launch
    treated = changes.desk_day[desk] < _FAR
    start = np.where(treated, changes.desk_day[desk], DESK_DAY)
    start = np.maximum(start, customers.created[desk] // world.DAY)
    day = np.concatenate([np.full(len(lot), REMINDER_DAY), start])
    exposed = np.concatenate([changes.exposed_day[lot], np.where(treated, start, -1)])
    return pd.DataFrame(
        {
            "change": np.repeat([REMINDER, DESK], [len(lot), len(desk)]),
            "customer": np.concatenate([lot, desk]) + 1,
            "arm": coded(np.concatenate([changes.arm[lot], np.where(treated, 2, 3)]), ARMS),
            "assigned_on": world.timestamps(day * world.DAY),
            "rep": np.concatenate([np.zeros(len(lot), dtype=np.int64), unit[desk] + 1]),
            "exposed_on": world.timestamps(
                np.where(exposed < 0, world.NEVER, np.maximum(exposed, 0) * world.DAY)
            ),
        }
    )


def truth_rows(changes):
    """Return the effects per assigned customer or ticket.

    Returns
    -------
    list of (change_id, arm, metric, true_effect, units, how it was planted)
    """
    treated = max(int((changes.arm == 0).sum()), 1)
    responsive = int(changes.responsive.sum())
    orders, euro = len(changes.extra), float(changes.extra_euro.sum())
    added = "orders appended for treated customers, counted in the data"
    planned = "poisson rate of appended orders for those reached who bought in the year before"
    faster = "time to first response multiplied, for tickets opened from the start on"
    return [
        ("CH01", "reminder", "orders_per_customer", orders / treated, treated, added),
        ("CH01", "reminder", "net_revenue_eur_per_customer", euro / treated, treated, added),
        ("CH01", "reminder", "orders_per_responsive_customer", EXTRA_ORDERS, responsive, planned),
        ("CH02", "new_desk", "first_response_time_factor", RESPONSE_FACTOR, -1, faster),
        ("CH02", "new_desk", "orders_per_customer", 0.0, -1, "nothing was planted"),
        ("CH02", "new_desk", "net_revenue_eur_per_customer", 0.0, -1, "nothing was planted"),
    ]
