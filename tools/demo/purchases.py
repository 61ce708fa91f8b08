"""When customers buy and what their orders are worth: the planted processes, run forward."""

from dataclasses import dataclass

import numpy as np

from tools.demo import processes, world

HORIZON_DAYS = world.PERIOD_DAYS + world.FUTURE_DAYS
ALIVE, LOST, NO_DEATH = 1, 0, -1

# what becomes of an order's money; the shares below leave the pure cells alone
KEPT, RETURNED, LINE_BACK, GOODWILL, TWO_PARTS, CHARGEBACK = range(6)
_OUTCOMES = [RETURNED, LINE_BACK, GOODWILL, TWO_PARTS, CHARGEBACK]
_OUTCOME_SHARES = np.array([0.037, 0.013, 0.009, 0.004, 0.003])
# the part of the order's value that goes back, used for the orders that are never written
_OUTCOME_LOSS = np.array([0.0, 1.0, 0.55, 0.2, 0.2, 1.0])


@dataclass
class Purchases:
    """One entry per planned order, by customer and time; every array has shape (n,).

    `alive` has one entry per customer: 1 alive at the period's end, 0 lost, -1 no death.
    """

    customer: np.ndarray
    time: np.ndarray  # days since the period's start
    first: np.ndarray
    value: np.ndarray  # EUR, after discounts, without tax and shipping
    outcome: np.ndarray
    alive: np.ndarray

    def net_value(self):
        """Return the value less what is expected to be refunded, EUR, shape (n,)."""
        return self.value * (1.0 - _OUTCOME_LOSS[self.outcome])


def _draw_rates(rng, cell, first_day):
    params = cell.purchase_params
    rate = rng.gamma(params["r"], 1.0 / params["alpha"], len(first_day))
    if cell.regime == "rate_break":
        late = first_day >= processes.PAID_SOCIAL_BREAK_DAY
        rate = np.where(late, rate * processes.PAID_SOCIAL_BREAK_FACTOR, rate)
    return rate


def _draw_lifetimes(rng, cell, n):
    """Draw weeks until death, infinite where only the repeats themselves can end a customer."""
    params = cell.purchase_params
    if "s" not in params:
        return np.full(n, np.inf)
    return rng.standard_exponential(n) / rng.gamma(params["s"], 1.0 / params["beta"], n)


def _thinned(rng, cell, customer, time, first_day):
    """Mark the events that season and dormancy let through, bool of shape (events,)."""
    keep = np.ones(len(time), dtype=bool)
    if cell.seasonal:
        season = np.array(processes.SEASON)[world.month_of_days(HORIZON_DAYS + 1) - 1]
        keep &= rng.random(len(time)) * max(processes.SEASON) < season[time.astype(np.int64)]
    if cell.regime == "dormant":
        sleeps = rng.random(len(first_day)) < processes.DORMANT_SHARE
        sleeps &= first_day < processes.DORMANT_ACQUIRED_BEFORE_DAY
        asleep = time > first_day[customer] + processes.DORMANT_AFTER_WEEKS * 7
        keep &= ~(sleeps[customer] & asleep & (time < processes.REACTIVATION_DAY))
    return keep


def repeats(rng, cell, first_time):
    """Draw the repeat purchases of one cell's customers, up to the horizon.

    Every process is a Poisson stream that is cut at the lifetime, of which every k-th event is
    kept (Erlang-k gaps), at most a geometric number (loss after a repeat), thinned by season.

    Parameters
    ----------
    rng : numpy.random.Generator
    cell : processes.Cell
    first_time : ndarray of float, shape (n,)
        Days since the period's start of the first purchase.

    Returns
    -------
    customer : ndarray of int, shape (events,)
        Index into `first_time`, ascending.
    time : ndarray of float, shape (events,)
        Days since the period's start, ascending within a customer.
    alive : ndarray of int, shape (n,)
        At the period's end: ALIVE, LOST or NO_DEATH.
    """
    n = len(first_time)
    params = cell.purchase_params
    steps = params.get("k", 1)
    peak = max(processes.SEASON) if cell.seasonal else 1.0
    rate = _draw_rates(rng, cell, np.floor(first_time)) * steps * peak
    lifetime = _draw_lifetimes(rng, cell, n)
    window = np.minimum((HORIZON_DAYS - first_time) / 7.0, lifetime)
    count = rng.poisson(rate * window)

    # one sort for all: customers in thousands of weeks, their events in between
    customer = np.repeat(np.arange(n), count)
    weeks = rng.random(len(customer)) * window[customer]
    weeks = np.sort(weeks + customer * 1024.0) - customer * 1024.0
    rank = np.arange(len(customer)) - np.repeat(np.cumsum(count) - count, count)
    time = np.minimum(first_time[customer] + weeks * 7.0, HORIZON_DAYS - 1 / world.DAY)

    keep = rank % steps == steps - 1
    alive = np.full(n, NO_DEATH, dtype=np.int8)
    if "s" in params:
        alive[:] = lifetime * 7.0 + first_time >= world.PERIOD_DAYS
    if "a" in params:
        loss = np.maximum(rng.beta(params["a"], params["b"], n), 1e-12)
        last_rank = rng.geometric(loss)  # lost right after this many repeats
        so_far = np.bincount(customer[time < world.PERIOD_DAYS], minlength=n)
        alive[:] = so_far < last_rank
        keep &= rank < last_rank[customer]
    keep &= _thinned(rng, cell, customer, time, np.floor(first_time))
    return customer[keep], time[keep], alive


def draw_values(rng, cell, customer, n):
    """Draw the net values of one cell's orders by its spend process.

    Parameters
    ----------
    rng : numpy.random.Generator
    cell : processes.Cell
    customer : ndarray of int, shape (events,)
        Index of the customer within the cell.
    n : int
        Number of customers in the cell.

    Returns
    -------
    ndarray of float, shape (events,)
        EUR, after discounts, without tax and shipping.
    """
    params = cell.spend_params
    if cell.spend == "gamma_gamma":
        scale = params["v"] / rng.standard_gamma(params["q"], n)
        return rng.standard_gamma(params["p"], len(customer)) * scale[customer]
    if cell.spend == "pareto":
        mean = params["scale"] * (1.0 + rng.pareto(params["shape"], n))
    else:
        mean = rng.lognormal(params["mu"], params["sigma_between"], n)
    within = params["sigma_within"]
    noise = rng.lognormal(-within * within / 2.0, within, len(customer))
    return np.minimum(mean[customer] * noise, processes.VALUE_CAP)


def _without_same_day(customer, time):
    """Mark the events that are their customer's first of the day, bool of shape (events,)."""
    day = time.astype(np.int64)
    same = (customer[1:] == customer[:-1]) & (day[1:] == day[:-1])
    return np.concatenate([np.ones(min(len(time), 1), dtype=bool), ~same])


def draw_purchases(seed, customers):
    """Draw all planned orders, first orders included, until the horizon.

    Parameters
    ----------
    seed : int
    customers : customers.Customers

    Returns
    -------
    Purchases
    """
    alive = np.full(len(customers), NO_DEATH, dtype=np.int8)
    parts = []
    for index, cell in enumerate(processes.CELLS):
        rng = world.stream(seed, "purchases", cell.channel, str(cell.customer_type))
        members = np.flatnonzero((customers.cell == index) & customers.ordered)
        first_time = customers.first_time[members]
        who, time, alive[members] = repeats(rng, cell, first_time)
        first = np.arange(len(members) + len(who)) < len(members)
        who = np.concatenate([np.arange(len(members)), who])
        time = np.concatenate([first_time, time])
        value = draw_values(rng, cell, who, len(members))
        outcome = np.zeros(len(who), dtype=np.int8)
        if not cell.pure:
            shares = [1.0 - _OUTCOME_SHARES.sum(), *_OUTCOME_SHARES]
            outcome = rng.choice([KEPT, *_OUTCOMES], len(who), p=shares).astype(np.int8)
        parts.append((members[who], time, first, value, outcome))
    customer, time, first, value, outcome = (
        np.concatenate(part) for part in zip(*parts, strict=True)
    )
    order = np.argsort(customer * 2048.0 + time, kind="stable")
    customer, time = customer[order], time[order]
    # a day is the smallest unit in which the pure process is observed
    keep = _without_same_day(customer, time) | ~customers.pure[customer]
    return Purchases(
        customer=customer[keep],
        time=time[keep],
        first=first[order][keep],
        value=value[order][keep],
        outcome=outcome[order][keep],
        alive=alive,
    )
