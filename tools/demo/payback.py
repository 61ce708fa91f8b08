"""What the demo knows of payback: who brought back what winning them was planned to cost.

Worked out from the drawn arrays and never from the written tables: orders with their true costs,
recorded or not, refunds on the order's day, service on its own day at the rates that hold then,
against the planned cost of a customer of the channel and an equal share of overheads.
"""

import numpy as np

from tools.demo import (
    baskets,
    catalogue,
    company,
    economics,
    engagement,
    loyalty,
    processes,
    world,
)
from tools.demo import orders as order_rules
from tools.demo import refunds as refund_rules

AGES = (180, 360)
_SOLD = (order_rules.COMPLETED, order_rules.IS_RETURNED)


def _line_costs(drawn):
    """Return what the goods of each line really cost, in cents of its currency, shape (lines,)."""
    lines, country = drawn.lines, drawn.orders.country[drawn.lines.order]
    cost = catalogue.country_costs()[country, lines.product] * lines.quantity
    margins = dict(catalogue.FALLBACK_MARGINS)
    assumed = np.array([margins.get(name, margins["all"]) for name in catalogue.CATEGORIES])
    unknown = (1.0 - assumed[lines.product]) * _line_revenue(drawn)
    cost = np.where(cost < 0, unknown, cost)
    return np.where(lines.line_type == baskets.PRODUCT, cost, 0.0)


def _line_revenue(drawn):
    included = drawn.orders.customer_type[drawn.lines.order] == world.CONSUMER
    return drawn.lines.taxable - np.where(included, drawn.lines.tax, 0)


def _order_margins(drawn):
    """Return each order's margin after refunds in euro, shape (orders,)."""
    orders, lines, totals, refunds = drawn.orders, drawn.lines, drawn.totals, drawn.refunds
    n = len(orders)
    sold = lines.line_type != baskets.GIFT_CARD
    cost = _line_costs(drawn)
    goods = np.bincount(lines.order, weights=np.where(sold, _line_revenue(drawn), 0), minlength=n)
    costs = np.bincount(lines.order, weights=cost, minlength=n)
    tax = np.bincount(lines.order, weights=lines.tax, minlength=n)
    consumer = orders.customer_type == world.CONSUMER
    shipping = totals.shipping - np.where(consumer, totals.tax - tax, 0)
    fees = order_rules.payment_fees(drawn.terms.payment_method, totals.total)

    given_back = np.bincount(refunds.order, weights=refunds.amount - refunds.tax, minlength=n)
    whole = (refunds.restocked == 1) & (refunds.line < 0)
    part = (refunds.restocked == 1) & (refunds.line >= 0)
    returned = np.where(whole, costs[refunds.order], np.where(part, cost[refunds.line], 0.0))
    costs = costs - np.bincount(refunds.order, weights=returned, minlength=n)

    cents = goods + shipping - costs - totals.shipping_cost - fees - given_back
    currency = world.COUNTRY_CURRENCY[orders.country]
    return cents * drawn.rate_by_day[currency, np.minimum(orders.day, world.PERIOD_DAYS - 1)] / 100


def _rates(driver, applies_to, day):
    """Return the rate that holds on each day, shape (n,); 0 where the business has none."""
    found = np.zeros(len(day))
    for name, of, start, rate in economics.COST_RATES:
        if (name, of) == (driver, applies_to):
            found = np.where(day >= world.day_of(start), rate, found)
    return found


def _days(times):
    since = times.to_numpy().astype("datetime64[s]") - world.PERIOD_START
    return since.astype(np.int64) // world.DAY


def _services(drawn, frames):
    """Return what serving customers cost: lists of (customer, day, euro) arrays."""
    tickets, contacts = frames["support_tickets"], frames["interactions"]
    day = _days(tickets["opened_at"])
    minutes = tickets["handling_minutes"].to_numpy()
    cost = _rates("ticket", "all", day) + minutes * _rates("ticket_minute", "all", day)
    parts = [(tickets["customer"].to_numpy() - 1, day, cost)]

    # a contact about a ticket is part of the ticket
    contacts = contacts[contacts["ticket"] <= 0]
    day, channel = _days(contacts["occurred_at"]), contacts["channel"].astype(str).to_numpy()
    minutes = np.maximum(contacts["duration"].to_numpy(), 0) / 60
    cost = np.zeros(len(contacts))
    for name in engagement.INTERACTION_CHANNELS:
        one = _rates("contact", name, day) + minutes * _rates("contact_minute", name, day)
        cost = np.where(channel == name, one, cost)
    parts.append((contacts["customer"].to_numpy() - 1, day, cost))

    messages = frames["messages"]
    cost = messages["unit_cost"].to_numpy() / 10_000
    parts.append((messages["customer"].to_numpy() - 1, _days(messages["sent_at"]), cost))

    moved = frames["loyalty_movements"]
    moved = moved[moved["movement_type"].astype(str) == loyalty.TYPES[1]]
    cost = np.abs(moved["points"].to_numpy()) * _rates("loyalty_point", "all", np.zeros(len(moved)))
    parts.append((moved["customer"].to_numpy() - 1, _days(moved["moved_at"]), cost))

    refunds = drawn.refunds
    day = refunds.second // world.DAY
    for kind, driver in ((refund_rules.RETURN, "return"), (refund_rules.CHARGEBACK, "chargeback")):
        cost = np.where(refunds.refund_type == kind, _rates(driver, "all", day), 0.0)
        parts.append((drawn.orders.customer[refunds.order], day, cost))
    return parts


def _planned_costs(customers, won_day, rate_by_day):
    """Return what winning each customer was planned to cost, euro, shape (customers,)."""
    channels, euro = processes.CHANNELS, company.euro_per_customer(rate_by_day)
    planned = [euro.get(name, 0.0) * company.CAMPAIGN_COVERAGE.get(name, 0.0) for name in channels]
    cost = np.array(planned)[customers.channel]
    first = world.PERIOD_START.astype("datetime64[D]")
    month = (first + np.maximum(won_day, 0)).astype("datetime64[M]").astype(int)
    month -= first.astype("datetime64[M]").astype(int)
    scale = len(customers) / 3000
    for purpose, channel, _, monthly in economics.OVERHEADS:
        if purpose != "acquisition":
            continue
        bears = won_day >= 0
        if channel is not None:
            bears &= customers.channel == channels.index(channel)
        shared = np.bincount(month[bears], minlength=month.max() + 1)
        cost = cost + np.where(bears, monthly * scale / np.maximum(shared[month], 1), 0.0)
    return cost


def truth_rows(drawn, frames):
    """Return what share of each channel's customers had paid back by an age.

    Parameters
    ----------
    drawn : generate.Drawn
    frames : dict of str to DataFrame
        The drawn tables of the CRM, before any defect is planted.

    Returns
    -------
    list of (channel, measure, value)
        payback_customers_180d, _360d: customers that have reached the age;
        paid_back_share_180d, _360d: share of them that had paid back by it.
    """
    orders, n = drawn.orders, len(drawn.customers)
    real = (orders.customer >= 0) & (orders.defect < 0) & np.isin(drawn.terms.status, _SOLD)
    won_day = np.full(n, world.PERIOD_DAYS, dtype=np.int64)
    np.minimum.at(won_day, orders.customer[real], orders.day[real])
    won_day[won_day == world.PERIOD_DAYS] = -1

    parts = [(orders.customer[real], orders.day[real], _order_margins(drawn)[real])]
    parts += [(who, day, -cost) for who, day, cost in _services(drawn, frames)]
    who, day, euro = (np.concatenate(part) for part in zip(*parts, strict=True))
    counts = (who >= 0) & (day < world.PERIOD_DAYS)
    counts &= won_day[who] >= 0
    who, day, euro = who[counts], day[counts], euro[counts]
    age = np.maximum(day - won_day[who], 0)
    cost = _planned_costs(drawn.customers, won_day, drawn.rate_by_day)
    paid_on = _first_days(who, age, euro, cost)

    rows = []
    observed = world.PERIOD_DAYS - 1 - won_day
    for index, channel in enumerate(processes.CHANNELS):
        for limit in AGES:
            old = (drawn.customers.channel == index) & (won_day >= 0) & (observed >= limit)
            share = float(np.mean(paid_on[old] <= limit)) if old.any() else 0.0
            rows.append((channel, f"payback_customers_{limit}d", float(old.sum())))
            rows.append((channel, f"paid_back_share_{limit}d", round(share, 6)))
    return rows


def _first_days(who, age, euro, cost):
    """Return the first age at which the sum so far reaches the cost; infinite where never."""
    ranked = np.lexsort((age, who))
    who, age, total = who[ranked], age[ranked], np.cumsum(euro[ranked])
    starts = np.flatnonzero(np.diff(who, prepend=-1))
    before = np.zeros(len(cost))
    before[who[starts]] = total[starts] - euro[ranked][starts]
    # only the end of a day counts: what came and went within it did not pay anything back
    ends = np.append((np.diff(who) != 0) | (np.diff(age) != 0), True)
    reached = ends & (total - before[who] >= cost[who])
    found = np.full(len(cost), np.inf)
    np.minimum.at(found, who[reached], age[reached])
    return found
