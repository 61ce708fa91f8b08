"""Everything the CRM knows beyond orders, drawn on top of the customers and their orders."""

from dataclasses import dataclass

import pandas as pd

from tools.demo import (
    consent,
    engagement,
    experiments,
    loyalty,
    records,
    selling,
    subscriptions,
    support,
    tables,
)


@dataclass
class Crm:
    """The drawn tables as frames, and what the truth is written from."""

    frames: dict
    changes: experiments.Changes
    consents: consent.Consents
    tickets: support.Tickets


def draw_crm(seed, drawn, frames):
    """Draw the tables beyond orders.

    Parameters
    ----------
    seed : int
    drawn : generate.Drawn
    frames : dict of str to DataFrame
        The tables drawn so far.

    Returns
    -------
    Crm
    """
    customers, orders = drawn.customers, drawn.orders
    consents = consent.draw_consents(seed, customers)
    changes = experiments.draw_changes(seed, customers, drawn.bought, consents, drawn.rate_by_day)
    tickets = support.draw_tickets(seed, drawn, changes)
    contracts, prices = subscriptions.draw_subscriptions(seed, customers, orders, drawn.totals)
    leads, opportunities = selling.draw_leads(seed, customers)
    own = {
        "touchpoints": engagement.draw_touchpoints(seed, customers, orders),
        "messages": engagement.draw_messages(seed, customers, orders, consents, changes),
        "interactions": engagement.draw_interactions(seed, customers, tickets),
        "support_tickets": tickets.frame,
        "survey_responses": support.draw_surveys(seed, customers, tickets),
        "customer_rep_assignments": selling.assignments_frame(customers),
        "loyalty_movements": loyalty.draw_movements(
            seed, customers, orders, drawn.terms, drawn.totals
        ),
        "subscriptions": contracts,
        "subscription_prices": prices,
        "consents": consents.frame,
        "crm_changes": experiments.changes_frame(),
        "crm_change_arms": experiments.arms_frame(),
        "crm_change_assignments": experiments.assignments_frame(customers, changes),
        "crm_usage": selling.draw_usage(seed, changes.rep_day),
        "leads": leads,
        "opportunities": opportunities,
        "migration_counts": records.migration_frame(frames),
        "erasure_requests": records.requests_frame([], []),
    }
    return Crm(own, changes, consents, tickets)


def append_orders(frames, changes, planter):
    """Append the orders that the randomised change caused behind all others, and their lines."""
    added = {} if planter is None else planter.added
    first = len(frames["orders"]) + len(added.get("orders", [])) + 1
    first_line = len(frames["order_lines"]) + len(added.get("order_lines", [])) + 1
    orders = tables.orders_frame(changes.extra, changes.terms, changes.totals, first)
    lines = tables.lines_frame(changes.lines, changes.terms, first_line, first)
    frames["orders"] = pd.concat([frames["orders"], orders], ignore_index=True)
    frames["order_lines"] = pd.concat([frames["order_lines"], lines], ignore_index=True)
