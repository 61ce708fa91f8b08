"""Touchpoints, messages and interactions: how the shop and its customers met."""

import numpy as np
import pandas as pd

from tools.demo import company, processes, world
from tools.demo import orders as order_rules
from tools.demo.columns import coded

_OWN_LAST, _OWN_EARLIER = 0.75, 0.5  # touches on the channel that won the customer
_OTHER_CHANNELS = [0.25, 0.15, 0.15, 0.15, 0.05, 0.05, 0.2, 0.0]
TOUCH_TYPES = ["visit", "click", "impression", "meeting"]
_TOUCH_OF_CHANNEL = np.array([0, 1, 1, 1, 0, 1, 0, 3])  # by index of processes.CHANNELS
INTERACTION_CHANNELS = ["email", "phone", "chat", "social", "web", "meeting"]
DIRECTIONS = ["inbound", "outbound"]
PURPOSES = ["marketing", "service"]
MESSAGE_CHANNELS = ["email", "sms"]
_UNIT_COST = np.array([20, 650])  # ten-thousandths of a euro


def _first_paths(rng, customers, orders):
    """Draw the touches that led to first orders: (customer, order of the last one, time, steps)."""
    own = np.flatnonzero(orders.first & (orders.customer >= 0))
    length = np.minimum(1 + rng.poisson(0.65, len(own)), 5)
    order = np.repeat(own, length)
    back = np.arange(len(order)) - np.repeat(np.cumsum(length) - length, length)
    gap = np.where(back == 0, 300 + rng.random(len(order)) * 7200, 0.0)
    gap += back * (0.5 + rng.random(len(order)) * 0.4) * 6 * world.DAY
    return orders.customer[order], order, orders.second[order] - gap.astype(np.int64), back


def draw_touchpoints(seed, customers, orders):
    """Draw touches: the paths to first orders, some later orders, and visits that led nowhere.

    Parameters
    ----------
    seed : int
    customers : customers.Customers
    orders : orders.Orders

    Returns
    -------
    DataFrame, one row per touch, by time; only the last touch before an order names it.
    """
    rng = world.stream(seed, "touchpoints")
    n = len(customers)
    who, order, at, back = _first_paths(rng, customers, orders)
    own_share = np.where(back == 0, _OWN_LAST, _OWN_EARLIER)
    repeated = (orders.kind == order_rules.PURCHASE) & ~orders.first & (orders.defect < 0)
    later = np.flatnonzero(repeated & (rng.random(len(orders)) < 0.18))
    later_at = orders.second[later] - 300 - rng.integers(0, 2 * world.DAY, len(later))
    lost = np.flatnonzero(rng.random(n) < 0.12)
    lost_at = world.spread(rng, customers.created[lost], world.PERIOD_SECONDS - 3600)
    strangers = int(0.25 * n)
    stranger_at = rng.integers(0, world.PERIOD_SECONDS - 3600, strangers)

    customer = np.concatenate([who, orders.customer[later], lost, np.full(strangers, -1)])
    led_to = np.concatenate([np.where(back == 0, order, -1), later])
    led_to = np.concatenate([led_to, np.full(len(lost) + strangers, -1)])
    at = np.concatenate([at, later_at, lost_at, stranger_at])
    own_share = np.concatenate([own_share, np.full(len(at) - len(who), 0.3)])
    size = len(at)
    channel = rng.choice(len(processes.CHANNELS), size, p=_OTHER_CHANNELS)
    own = (customer >= 0) & (rng.random(size) < own_share)
    channel = np.where(own, customers.channel[customer], channel)
    campaign = np.where(own, customers.campaign[customer], -1)
    running = at // world.DAY >= company.CAMPAIGN_START[campaign]
    running &= at // world.DAY <= company.CAMPAIGN_END[campaign]
    campaign = np.where((campaign >= 0) & running, campaign, -1)
    visitor = np.where(customer >= 0, customer + 1, n + 1 + np.arange(size))
    visitor = np.where(rng.random(size) < 0.1, 0, visitor)
    visitor = np.where(customer < 0, np.maximum(visitor, 1), visitor)
    touch = _TOUCH_OF_CHANNEL[channel]
    touch = np.where((touch == 1) & (rng.random(size) < 0.25), 2, touch)
    ranked = np.argsort(at, kind="stable")
    return pd.DataFrame(
        {
            "number": np.arange(1, size + 1),
            "customer": customer[ranked] + 1,
            "visitor": visitor[ranked],
            "touched_at": world.timestamps(at[ranked]),
            "channel": coded(channel[ranked], processes.CHANNELS),
            "campaign": campaign[ranked] + 1,
            "touch_type": coded(touch[ranked], TOUCH_TYPES),
            "order_number": led_to[ranked] + 1,
        }
    )


def _sendings(rng, customers, orders, consents, changes):
    """Draw what is sent: (customer, second, purpose, campaign, leaves), leaves NEVER for most."""
    n = len(customers)
    may = consents.email_from != world.NEVER
    count = np.where(may, rng.poisson(1.95, n), 0)
    who = np.repeat(np.arange(n), count)
    at = world.spread(rng, consents.email_from[who] + 3600, consents.email_until[who] - 3600)
    letter = at // world.DAY >= company.CAMPAIGN_START[company.COFFEE_LETTER]
    campaign = np.where(letter, company.COFFEE_LETTER, -1)
    none = np.full(len(who), world.NEVER)
    parts = [(who, at, np.zeros(len(who), dtype=np.int64), campaign, none)]

    # the mail whose link withdrew the consent
    who = np.flatnonzero(may & (consents.email_until < world.PERIOD_SECONDS))
    leaves = consents.email_until[who]
    at = leaves - rng.integers(7200, 2 * world.DAY, len(who))
    zero, none = np.zeros(len(who), dtype=np.int64), np.full(len(who), -1)
    parts.append((who, at, zero, none, leaves))

    who = np.flatnonzero(changes.exposed_day >= 0)
    at = changes.exposed_day[who] * world.DAY + rng.integers(8, 11, len(who)) * 3600
    zero, none = np.zeros(len(who), dtype=np.int64), np.full(len(who), -1)
    parts.append((who, at, zero, none, np.full(len(who), world.NEVER)))

    told = (orders.kind == order_rules.PURCHASE) & (orders.customer >= 0)
    told = np.flatnonzero(told & (rng.random(len(orders)) < 0.3))
    told = told[customers.has_email[orders.customer[told]]]
    one, none = np.ones(len(told), dtype=np.int64), np.full(len(told), -1)
    never = np.full(len(told), world.NEVER)
    parts.append((orders.customer[told], orders.second[told] + 60, one, none, never))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    keep = np.flatnonzero(columns[1] < world.PERIOD_SECONDS - 1200)
    keep = keep[np.argsort(columns[1][keep], kind="stable")]
    return [column[keep] for column in columns]


def draw_messages(seed, customers, orders, consents, changes):
    """Draw messages: marketing to those who allow it, service mails, the reminder change's mail.

    Parameters
    ----------
    seed : int
    customers : customers.Customers
    orders : orders.Orders
    consents : consent.Consents
    changes : experiments.Changes

    Returns
    -------
    DataFrame, one row per message, by time.
    """
    rng = world.stream(seed, "messages")
    who, sent, purpose, campaign, leaves = _sendings(rng, customers, orders, consents, changes)
    n = len(who)
    sms = (purpose == 1) & (customers.phone[who] >= 0) & (rng.random(n) < 0.12)
    left = leaves != world.NEVER
    bounced = ~left & (rng.random(n) < 0.025)
    arrived = np.where(bounced, world.NEVER, sent + rng.integers(2, 600, n))
    share = np.where(purpose == 1, 0.6, 0.33)
    opened = ~bounced & ~sms & (left | (rng.random(n) < share))
    until = np.where(left, leaves, 0)
    wait = 700 + (rng.standard_exponential(n) * 5 * 3600).astype(np.int64)
    opened_at = np.where(left, until - rng.integers(60, 900, n), sent + wait)
    opened_at = np.where(opened, world.happened(opened_at), world.NEVER)
    clicked = (opened_at != world.NEVER) & ~left & (rng.random(n) < 0.15)
    clicked_at = world.happened(np.where(clicked, opened_at, 0) + rng.integers(5, 300, n))
    failed_at = np.where(bounced, sent + rng.integers(5, 900, n), world.NEVER)
    return pd.DataFrame(
        {
            "number": np.arange(1, n + 1),
            "customer": who + 1,
            "campaign": campaign + 1,
            "channel": coded(sms.astype(np.int8), MESSAGE_CHANNELS),
            "purpose": coded(purpose, PURPOSES),
            "sent_at": world.timestamps(sent),
            "delivered_at": world.timestamps(arrived),
            "opened_at": world.timestamps(opened_at),
            "clicked_at": world.timestamps(np.where(clicked, clicked_at, world.NEVER)),
            "bounced_at": world.timestamps(failed_at),
            "unsubscribed_at": world.timestamps(leaves),
            "unit_cost": _UNIT_COST[sms.astype(np.int8)],
        }
    )


def draw_interactions(seed, customers, tickets):
    """Draw contacts: those of tickets, the reps' visits and calls, and visits of the help page.

    Parameters
    ----------
    seed : int
    customers : customers.Customers
    tickets : support.Tickets

    Returns
    -------
    DataFrame, one row per contact, by time.
    """
    rng = world.stream(seed, "interactions")
    n = len(customers)
    of_ticket = np.arange(len(tickets))
    answered = np.flatnonzero((tickets.responded != world.NEVER) & (rng.random(len(tickets)) < 0.4))
    sold_to = np.repeat(np.arange(n), np.where(customers.rep >= 0, rng.poisson(3.0, n), 0))
    browsing = np.flatnonzero((customers.rep < 0) & (rng.random(n) < 0.36))
    start = customers.created
    customer = np.concatenate([tickets.customer, tickets.customer[answered], sold_to, browsing])
    at = np.concatenate(
        [
            tickets.opened,
            tickets.responded[answered],
            world.spread(rng, start[sold_to] + 3600, world.PERIOD_SECONDS - 7200),
            world.spread(rng, start[browsing] + 3600, world.PERIOD_SECONDS - 7200),
        ]
    )
    ticket = np.concatenate([of_ticket, answered, np.full(len(sold_to) + len(browsing), -1)])
    with_rep = np.concatenate(
        [np.zeros(len(tickets) + len(answered), dtype=bool), np.ones(len(sold_to), dtype=bool)]
    )
    with_rep = np.append(with_rep, np.zeros(len(browsing), dtype=bool))
    channel = np.concatenate(
        [
            tickets.channel,
            tickets.channel[answered],
            rng.choice([0, 1, 5], len(sold_to), p=[0.3, 0.45, 0.25]),
            rng.choice([3, 4], len(browsing), p=[0.3, 0.7]),
        ]
    )
    outbound = with_rep & (rng.random(len(at)) < 0.7)
    outbound[len(tickets) : len(tickets) + len(answered)] = True
    talked = np.isin(channel, [1, 2, 5])
    seconds = np.where(channel == 5, 1200, 60) + rng.integers(0, 900, len(at))
    rep = np.where(with_rep, company.rep_on_day(customers.rep[customer], at // world.DAY), -1)
    ranked = np.argsort(at, kind="stable")
    return pd.DataFrame(
        {
            "number": np.arange(1, len(at) + 1),
            "customer": customer[ranked] + 1,
            "occurred_at": world.timestamps(at[ranked]),
            "channel": coded(channel[ranked], INTERACTION_CHANNELS),
            "direction": coded(outbound[ranked].astype(np.int8), DIRECTIONS),
            "duration": np.where(talked, seconds, -1)[ranked],
            "rep": rep[ranked] + 1,
            "ticket": ticket[ranked] + 1,
            "updated_at": world.timestamps(at[ranked] + 60),
        }
    )
