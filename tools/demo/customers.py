"""Who the customers are: cell, first day, place, name and how they were won."""

from dataclasses import dataclass

import numpy as np

from tools.demo import company, processes, world

_REGISTERED_ONLY = 0.03  # of the customers outside the pure cell: signed up, never ordered


@dataclass
class Customers:
    """One entry per customer, ordered by first contact; every array has shape (n,)."""

    cell: np.ndarray  # index into processes.CELLS
    channel: np.ndarray  # index into processes.CHANNELS
    customer_type: np.ndarray
    first_time: np.ndarray  # days since the period's start: first order, or sign-up
    ordered: np.ndarray  # False for those who only signed up
    created: np.ndarray  # seconds since the period's start
    updated: np.ndarray
    country: np.ndarray
    place: np.ndarray
    postal_number: np.ndarray
    given: np.ndarray
    family: np.ndarray
    has_email: np.ndarray
    email_org: np.ndarray
    phone: np.ndarray  # -1 for none
    birth_day: np.ndarray  # days since 1940-01-01; -1 for none
    has_gender: np.ndarray
    industry: np.ndarray  # -1 for consumers
    campaign: np.ndarray  # -1 for none
    rep: np.ndarray  # index of the first sales rep; -1 for none
    referrer: np.ndarray  # index of a customer; -1 for none

    def __len__(self):
        """Count the customers."""
        return len(self.cell)

    @property
    def pure(self):
        """Customers of cells that hold nothing but their process, bool of shape (n,)."""
        return np.array([cell.pure for cell in processes.CELLS])[self.cell]


def _draw_cells(rng, n):
    shares = np.array([cell.share for cell in processes.CELLS])
    return rng.choice(len(shares), size=n, p=shares / shares.sum()).astype(np.int8)


def _draw_first_times(rng, cell):
    """Draw first days, later ones likelier where the cell grows; days, shape (n,)."""
    times = np.empty(len(cell))
    for index, planted in enumerate(processes.CELLS):
        members = np.flatnonzero(cell == index)
        times[members] = rng.beta(planted.growth, 1.0, len(members)) * world.PERIOD_DAYS
    return np.minimum(times, world.PERIOD_DAYS - 1 / world.DAY)


def _draw_places(rng, country):
    place = np.empty(len(country), dtype=np.int8)
    for index, name in enumerate(world.COUNTRIES):
        choices = [i for i, row in enumerate(world.PLACES) if row[0] == name]
        members = np.flatnonzero(country == index)
        place[members] = rng.choice(choices, len(members))
    return place


def _draw_campaigns(rng, channel, day):
    campaign = np.full(len(channel), -1, dtype=np.int8)
    for name, share in company.CAMPAIGN_COVERAGE.items():
        of_channel = [
            index
            for index, row in enumerate(company.CAMPAIGNS)
            if row[1] == name and row[2] == "acquire"
        ]
        starts = company.CAMPAIGN_START[of_channel]
        members = np.flatnonzero(channel == processes.CHANNELS.index(name))
        members = members[rng.random(len(members)) < share]
        running = np.searchsorted(starts, day[members], side="right") - 1
        campaign[members] = np.array(of_channel)[running]
    return campaign


def _draw_reps(rng, customer_type, country, day):
    rep = np.full(len(country), -1, dtype=np.int8)
    for index, name in enumerate(world.COUNTRIES):
        members = np.flatnonzero((customer_type == world.BUSINESS) & (country == index))
        rep[members] = rng.choice(company.REPS_BY_COUNTRY[name], len(members))
    gone = (rep >= 0) & (day > company.rep_left_day()[rep])
    return np.where(gone, company.rep_successor()[rep], rep).astype(np.int8)


def _draw_referrers(rng, channel):
    """Pick an earlier customer for most of those who came by referral; -1 for the others."""
    referrer = np.full(len(channel), -1, dtype=np.int64)
    members = np.flatnonzero(channel == processes.CHANNELS.index("referral"))
    members = members[(members > 0) & (rng.random(len(members)) < 0.9)]
    referrer[members] = np.minimum(rng.random(len(members)) * members, members - 1)
    return referrer


def draw_customers(seed, n):
    """Draw `n` customers, ordered by their first contact.

    Parameters
    ----------
    seed, n : int

    Returns
    -------
    Customers
    """
    rng = world.stream(seed, "customers")
    cell = _draw_cells(rng, n)
    first_time = _draw_first_times(rng, cell)
    order = np.argsort(first_time, kind="stable")
    cell, first_time = cell[order], first_time[order]
    day = first_time.astype(np.int64)

    planted = processes.CELLS
    channel = np.array([processes.CHANNELS.index(c.channel) for c in planted], dtype=np.int8)[cell]
    customer_type = np.array([c.customer_type for c in planted], dtype=np.int8)[cell]
    is_pure = np.array([c.pure for c in planted])[cell]
    is_business = customer_type == world.BUSINESS
    country = rng.choice(len(world.COUNTRIES), size=n, p=world.COUNTRY_SHARES).astype(np.int8)

    # signed up minutes before the first order; later changes of the record are rare
    created = world.shop_seconds(first_time) - rng.integers(60, 3600, n)
    updated = created + (rng.exponential(150.0, n) * world.DAY).astype(np.int64)
    return Customers(
        cell=cell,
        channel=channel,
        customer_type=customer_type,
        first_time=first_time,
        ordered=is_pure | (rng.random(n) >= _REGISTERED_ONLY),
        created=created,
        updated=np.minimum(updated, world.PERIOD_SECONDS - 1),
        country=country,
        place=_draw_places(rng, country),
        postal_number=rng.integers(0, 1_000_000, n),
        given=rng.integers(0, len(world.GIVEN_NAMES), n).astype(np.int8),
        family=rng.integers(0, len(world.FAMILY_NAMES), n).astype(np.int8),
        has_email=rng.random(n) >= 0.03,
        email_org=rng.random(n) < 0.4,
        phone=np.where(rng.random(n) < 0.7, rng.integers(0, 10_000, n), -1),
        birth_day=np.where(~is_business & (rng.random(n) < 0.6), rng.integers(0, 24_000, n), -1),
        has_gender=~is_business & (rng.random(n) < 0.7),
        industry=np.where(is_business, rng.integers(0, len(world.INDUSTRIES), n), -1),
        campaign=_draw_campaigns(rng, channel, day),
        rep=_draw_reps(rng, customer_type, country, day),
        referrer=_draw_referrers(rng, channel),
    )
