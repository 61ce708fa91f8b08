"""Support tickets and surveys: who waited long, and who was lost afterwards.

The planted relation: a ticket after which a customer was lost (the customer's process has ended
by the period's end, and no planned order followed the ticket) was answered slowly with
probability SLOW_IF_LOST, every other ticket with probability SLOW_OTHERWISE.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tools.demo import economics, purchases, world
from tools.demo import orders as order_rules
from tools.demo.columns import coded

SLOW_IF_LOST, SLOW_OTHERWISE = 0.6, 0.22
SLOW_FROM_HOURS = 24  # slow answers take longer than this unless a change made them faster
CHANNELS = ["email", "phone", "chat", "social"]
PRIORITIES = ["low", "normal", "high", "urgent"]
STATUSES = ["open", "pending", "resolved", "reopened"]
CATEGORIES = ["delivery", "product", "billing", "account"]
REASONS = ["late_delivery", "damaged", "wrong_item", "brewing_advice", "invoice", "log_in"]
SURVEYS = ["csat", "ces", "nps"]
SCALES = ["1-5", "1-7", "0-10"]
TOPICS = ["support", "effort", "brand"]
COMMENTS = ["Thank you", "Took too long", "All good", "Please call me back", "Great coffee"]
_HOUR = 3600


@dataclass
class Tickets:
    """One entry per ticket, by time; every array has shape (n,), times in seconds."""

    customer: np.ndarray
    order: np.ndarray  # -1 for none
    opened: np.ndarray
    responded: np.ndarray
    resolved: np.ndarray
    channel: np.ndarray
    slow: np.ndarray
    lost: np.ndarray
    helped: np.ndarray  # answered under the staged change
    frame: pd.DataFrame

    def __len__(self):
        """Count the tickets."""
        return len(self.customer)


def _moments(rng, customers, orders):
    """Draw who opens a ticket when, about which order (-1 for none)."""
    own = (orders.kind == order_rules.PURCHASE) & (orders.defect < 0) & (orders.customer >= 0)
    share = np.where(orders.customer_type == world.BUSINESS, 0.24, 0.17)
    about = np.flatnonzero(own & (rng.random(len(orders)) < share))
    after = (rng.standard_gamma(2.0, len(about)) * 3.0 * world.DAY).astype(np.int64) + 1800
    chance = rng.random(len(customers)) < 0.14
    others = np.flatnonzero(chance)
    free = world.spread(rng, customers.created[others] + 3600, world.PERIOD_SECONDS - 7200)
    customer = np.concatenate([orders.customer[about], others])
    opened = np.concatenate([orders.second[about] + after, free])
    order = np.concatenate([about, np.full(len(others), -1, dtype=np.int64)])
    keep = np.flatnonzero(opened < world.PERIOD_SECONDS - 3600)
    keep = keep[np.argsort(opened[keep], kind="stable")]
    return customer[keep], opened[keep], order[keep]


def lost_after(customers, bought, customer, second):
    """Mark moments after which a customer, lost by the period's end, bought no more."""
    last = np.full(len(customers), -1.0)
    past = bought.time < world.PERIOD_DAYS
    np.maximum.at(last, bought.customer[past], bought.time[past])
    gone = bought.alive[customer] == purchases.LOST
    return gone & (world.shop_seconds(np.maximum(last[customer], 0.0)) < second)


def draw_tickets(seed, drawn, changes):
    """Draw the support tickets.

    Parameters
    ----------
    seed : int
    drawn : generate.Drawn
    changes : experiments.Changes
        Its staged change makes answers faster.

    Returns
    -------
    Tickets
    """
    rng = world.stream(seed, "tickets")
    customers, orders = drawn.customers, drawn.orders
    customer, opened, order = _moments(rng, customers, orders)
    n = len(customer)
    lost = lost_after(customers, drawn.bought, customer, opened)
    slow = rng.random(n) < np.where(lost, SLOW_IF_LOST, SLOW_OTHERWISE)
    hours = np.where(
        slow,
        SLOW_FROM_HOURS + 4.0 + rng.standard_gamma(2.0, n) * 16.0,
        np.minimum(0.2 + rng.standard_gamma(2.0, n) * 2.6, SLOW_FROM_HOURS - 1.0),
    )
    helped = opened // world.DAY >= changes.desk_day[customer]
    hours = np.where(helped, hours * changes.RESPONSE_FACTOR, hours)
    responded = world.happened(opened + (hours * _HOUR).astype(np.int64))
    wait = _HOUR // 2 + (rng.standard_gamma(2.0, n) * 9.0 * _HOUR).astype(np.int64)
    never = (responded == world.NEVER) | (rng.random(n) < 0.03)
    resolved = np.where(never, world.NEVER, world.happened(np.where(never, 0, responded) + wait))
    later = _HOUR + (rng.standard_gamma(2.0, n) * 20.0 * _HOUR).astype(np.int64)
    again = (resolved != world.NEVER) & (rng.random(n) < 0.06)
    reopened = np.where(again, world.happened(np.where(again, resolved, 0) + later), world.NEVER)
    status = np.where(responded == world.NEVER, 0, np.where(resolved == world.NEVER, 1, 2))
    status = np.where(reopened != world.NEVER, 3, status)
    channel = rng.choice(len(CHANNELS), n, p=[0.45, 0.3, 0.2, 0.05])
    reason = np.where(order >= 0, rng.integers(0, 5, n), rng.integers(3, 6, n))
    category = np.array([0, 1, 1, 1, 2, 3])[reason]
    first_line = np.searchsorted(drawn.lines.order, np.maximum(order, 0))
    first_line = np.minimum(first_line, max(len(drawn.lines) - 1, 0))
    product = np.full(n, -1, dtype=np.int64)
    named = (order >= 0) & (category == 1)
    product[named] = drawn.lines.product[first_line[named]]
    priority = rng.choice(4, n, p=[0.2, 0.55, 0.2, 0.05])
    minutes = 3 + rng.integers(0, 30, n) + rng.integers(0, 30, n)
    factor = economics.handling_factors()[customers.channel[customer]]
    frame = pd.DataFrame(
        {
            "ticket": np.arange(1, n + 1),
            "customer": customer + 1,
            "opened_at": world.timestamps(opened),
            "first_response_at": world.timestamps(responded),
            "resolved_at": world.timestamps(resolved),
            "reopened_at": world.timestamps(reopened),
            "status": coded(status, STATUSES),
            "priority": coded(priority, PRIORITIES),
            "channel": coded(channel, CHANNELS),
            "category": coded(category, CATEGORIES),
            "reason": coded(reason, REASONS),
            "order_number": order + 1,
            "product": product + 1,
            "handling_minutes": np.rint(minutes * factor).astype(np.int64),
            "updated_at": world.timestamps(
                np.maximum.reduce([opened, responded, resolved, reopened])
            ),
        }
    )
    return Tickets(customer, order, opened, responded, resolved, channel, slow, lost, helped, frame)


def draw_surveys(seed, customers, tickets):
    """Draw survey responses: after tickets, and now and then about the shop as a whole.

    Parameters
    ----------
    seed : int
    customers : customers.Customers
    tickets : Tickets

    Returns
    -------
    DataFrame, one row per response, by time.
    """
    rng = world.stream(seed, "surveys")
    parts = []
    for kind, share, low, top in ((0, 0.33, 1, 5), (1, 0.1, 1, 7)):
        done = (tickets.resolved != world.NEVER) & (rng.random(len(tickets)) < share)
        about = np.flatnonzero(done)
        at = tickets.resolved[about] + rng.integers(600, 3 * world.DAY, len(about))
        spread = np.minimum(rng.geometric(np.where(tickets.slow[about], 0.35, 0.65)) - 1, top - low)
        parts.append((tickets.customer[about], about, at, np.full(len(about), kind), top - spread))
    who = np.flatnonzero(customers.ordered & (rng.random(len(customers)) < 0.2))
    at = world.spread(rng, customers.created[who] + 5 * world.DAY, world.PERIOD_SECONDS - 7200)
    # asked again after half a year, so that nobody answers twice on one day
    twice = rng.random(len(who)) < 0.35
    who, at = np.concatenate([who, who[twice]]), np.concatenate([at, at[twice] + 190 * world.DAY])
    score = 10 - np.minimum(rng.geometric(0.35, len(who)) - 1, 10)
    parts.append((who, np.full(len(who), -1), at, np.full(len(who), 2), score))
    customer, ticket, at, kind, score = (np.concatenate(p) for p in zip(*parts, strict=True))
    keep = np.flatnonzero(at < world.PERIOD_SECONDS - 60)
    keep = keep[np.argsort(at[keep], kind="stable")]
    says = np.where(rng.random(len(keep)) < 0.12, rng.integers(0, len(COMMENTS), len(keep)), -1)
    return pd.DataFrame(
        {
            "number": np.arange(1, len(keep) + 1),
            "customer": customer[keep] + 1,
            "survey_type": coded(kind[keep], SURVEYS),
            "score": score[keep],
            "responded_at": world.timestamps(at[keep]),
            "score_scale": coded(kind[keep], SCALES),
            "topic": coded(kind[keep], TOPICS),
            "comment": coded(says, COMMENTS),
            "ticket": ticket[keep] + 1,
            "order_number": np.append(tickets.order, -1)[ticket[keep]] + 1,
        }
    )


def truth_rows(tickets):
    """Return the planted relation and what was drawn from it: (relation, parameter, value)."""
    slow, lost = tickets.slow, tickets.lost
    share = "slow_response_share"
    rows = [
        (share, "after_ticket_lost", SLOW_IF_LOST),
        (share, "otherwise", SLOW_OTHERWISE),
        (share, "slow_means_longer_than_hours", SLOW_FROM_HOURS),
    ]
    for name, chosen in (("slow", slow), ("fast", ~slow)):
        rows.append(("drawn", f"{name}_tickets", int(chosen.sum())))
        rows.append(("drawn", f"{name}_tickets_then_lost", int((chosen & lost).sum())))
    return rows
