"""The sales reps' side: who looks after whom, how the CRM is used, leads and opportunities."""

import numpy as np
import pandas as pd

from tools.demo import company, world
from tools.demo.columns import coded

LEAD_SOURCES = ["trade_fair", "web_form", "phone", "partner", "referral"]
STAGES = ["qualified", "proposal", "negotiation", "won", "lost"]
_WON, _LOST = 3, 4
_LEADS = 0.37  # leads that came to nothing, per customer


def assignments_frame(customers):
    """Return the customer_rep_assignments table: from the first day, with hand-overs.

    The last day with one rep is the day before the first with the next.
    """
    who = np.flatnonzero(customers.rep >= 0)
    first = customers.rep[who].astype(np.int64)
    left = company.rep_left_day()[first]
    handed = left < world.PERIOD_DAYS
    start = customers.created[who] // world.DAY
    next_rep = company.rep_successor()[first[handed]]
    customer = np.concatenate([who, who[handed]])
    rep = np.concatenate([first, next_rep])
    since = np.concatenate([start, left[handed] + 1])
    until = np.concatenate(
        [np.where(handed, left * world.DAY, world.NEVER), np.full(handed.sum(), world.NEVER)]
    )
    ranked = np.lexsort((since, customer))
    return pd.DataFrame(
        {
            "customer": customer[ranked] + 1,
            "rep": rep[ranked] + 1,
            "assigned_on": world.timestamps(since[ranked] * world.DAY),
            "unassigned_on": world.timestamps(until[ranked]),
        }
    )


def draw_usage(seed, rep_day):
    """Draw each rep's weekly use of the CRM: more from the day the new service desk came.

    Parameters
    ----------
    seed : int
    rep_day : ndarray of int, shape (reps,)
        First day with the new desk.

    Returns
    -------
    DataFrame, one row per rep and week.
    """
    rng = world.stream(seed, "usage")
    n = len(company.SALES_REPS)
    monday = np.arange(1, world.PERIOD_DAYS - 6, 7)  # the period starts on a Sunday
    week, rep = np.repeat(monday, n), np.tile(np.arange(n), len(monday))
    here = week + 6 <= company.rep_left_day()[rep]
    week, rep = week[here], rep[here]
    eager = 6 + rng.integers(0, 12, n)
    with_desk = week >= rep_day[rep]
    logins = rng.poisson(eager[rep] * np.where(with_desk, 1.3, 1.0))
    return pd.DataFrame(
        {
            "number": np.arange(1, len(week) + 1),
            "rep": rep + 1,
            "week_start": world.timestamps(week * world.DAY),
            "logins": logins,
            "records_touched": rng.poisson(3.0 * logins),
            "lists_actioned": rng.binomial(4, 0.35, len(week)),
        }
    )


def draw_leads(seed, customers):
    """Draw leads: those that became business customers, and those that came to nothing.

    Parameters
    ----------
    seed : int
    customers : customers.Customers

    Returns
    -------
    leads, opportunities : DataFrame
        By time; amounts in cents of the country's currency.
    """
    rng = world.stream(seed, "leads")
    won = np.flatnonzero(customers.rep >= 0)
    n_cold = int(_LEADS * len(customers))
    wait = (1 + rng.integers(0, 90, len(won))) * world.DAY
    created = np.concatenate(
        [
            customers.created[won] - wait,
            rng.integers(8 * 3600, world.PERIOD_SECONDS - 30 * world.DAY, n_cold),
        ]
    )
    n = len(created)
    country = rng.choice(len(world.COUNTRIES), n_cold, p=world.COUNTRY_SHARES)
    country = np.concatenate([customers.country[won], country])
    place = np.array([[p[0] for p in world.PLACES].index(name) for name in world.COUNTRIES])[
        country
    ]
    place[: len(won)] = customers.place[won]
    regions = sorted({row[1] for row in world.PLACES})
    region = np.array([regions.index(row[1]) for row in world.PLACES])[place]
    industry = rng.integers(0, len(world.INDUSTRIES), n)
    industry[: len(won)] = customers.industry[won]
    customer = np.concatenate([won, np.full(n_cold, -1)])
    campaign = np.where(customer >= 0, customers.campaign[customer], -1)
    running = created >= company.CAMPAIGN_START[campaign] * world.DAY
    campaign = np.where((campaign >= 0) & running, campaign, -1)
    converted = np.where(customer >= 0, customers.created[customer], world.NEVER)
    rep = np.empty(n, dtype=np.int64)
    for index, name in enumerate(world.COUNTRIES):
        members = np.flatnonzero(country == index)
        rep[members] = rng.choice(company.REPS_BY_COUNTRY[name], len(members))
    rep = company.rep_on_day(rep, created // world.DAY)
    rep[: len(won)] = customers.rep[won]
    source = rng.integers(0, len(LEAD_SOURCES), n)

    ranked = np.argsort(created, kind="stable")
    number = np.empty(n, dtype=np.int64)
    number[ranked] = np.arange(1, n + 1)
    leads = pd.DataFrame(
        {
            "lead": np.arange(1, n + 1),
            "created_at": world.timestamps(created[ranked]),
            "source": coded(source[ranked], LEAD_SOURCES),
            "campaign": campaign[ranked] + 1,
            "customer_type": coded(np.full(n, world.BUSINESS), world.CUSTOMER_TYPES),
            "country": coded(country[ranked], world.COUNTRIES),
            "region": coded(region[ranked], regions),
            "industry": coded(industry[ranked], world.INDUSTRIES),
            "customer": customer[ranked] + 1,
            "converted_at": world.timestamps(converted[ranked]),
        }
    )
    return leads, _opportunities(rng, number, created, converted, customer, rep, country)


def _opportunities(rng, lead, created, converted, customer, rep, country):
    """Return opportunities: most of the customers' leads were one, few of the others."""
    is_customer = customer >= 0
    chance = np.where(is_customer, 0.65, 0.22)
    chosen = np.flatnonzero(rng.random(len(lead)) < chance)
    sold = is_customer[chosen]
    closed = np.where(
        sold,
        np.where(sold, converted[chosen], 0),
        created[chosen] + (20 + rng.integers(0, 100, len(chosen))) * world.DAY,
    )
    # no rate is known before the period: what began earlier was written down on its first day
    opened = created[chosen] + (rng.random(len(chosen)) * 0.5 * (closed - created[chosen])).astype(
        np.int64
    )
    opened = np.minimum(np.maximum(opened, 3600), closed - 600)
    closed = world.happened(closed)
    stage = np.where(
        sold, _WON, np.where(closed == world.NEVER, rng.integers(0, 3, len(sold)), _LOST)
    )
    amount = (20_000 + rng.integers(0, 180_000, len(chosen))) // 500 * 500
    ranked = np.argsort(opened, kind="stable")
    chosen = chosen[ranked]
    return pd.DataFrame(
        {
            "number": np.arange(1, len(chosen) + 1),
            "customer": customer[chosen] + 1,
            "lead": lead[chosen],
            "rep": rep[chosen] + 1,
            "stage": coded(stage[ranked], STAGES),
            "amount": amount[ranked],
            "currency": coded(world.COUNTRY_CURRENCY[country[chosen]], world.CURRENCIES),
            "opened_at": world.timestamps(opened[ranked]),
            "closed_at": world.timestamps(closed[ranked]),
            "is_won": np.where(stage[ranked] == _WON, 1, np.where(stage[ranked] == _LOST, 0, -1)),
        }
    )
