"""The retailer's own tables: exchange rates, campaigns and their spend, sales reps."""

import numpy as np
import pandas as pd

from tools.demo.world import CURRENCIES, DAY, PERIOD_DAYS, day_of, stream, timestamps

_RATE_LEVEL = {"GBP": (1.155, 0.0030), "USD": (0.925, 0.0035), "CHF": (1.035, 0.0025)}
_RATES_FROM_DAY = -20  # before the period, so that its first weekend finds a rate

# name, channel, objective, first day, last day
CAMPAIGNS = [
    ("Search Ads 2023 H1", "paid_search", "acquire", "2023-01-01", "2023-06-30"),
    ("Search Ads 2023 H2", "paid_search", "acquire", "2023-07-01", "2023-12-31"),
    ("Search Ads 2024 H1", "paid_search", "acquire", "2024-01-01", "2024-06-30"),
    ("Search Ads 2024 H2", "paid_search", "acquire", "2024-07-01", "2024-12-31"),
    ("Search Ads 2025 H1", "paid_search", "acquire", "2025-01-01", "2025-06-30"),
    ("Social Ads 2023 H1", "paid_social", "acquire", "2023-01-01", "2023-06-30"),
    ("Social Ads 2023 H2", "paid_social", "acquire", "2023-07-01", "2023-12-31"),
    ("Social Ads 2024 H1", "paid_social", "acquire", "2024-01-01", "2024-06-30"),
    ("Social Ads Summer 2024", "paid_social", "acquire", "2024-07-01", "2024-08-31"),
    ("Social Ads New Audience", "paid_social", "acquire", "2024-09-01", "2025-06-30"),
    ("Partner Network 2023 H1", "affiliate", "acquire", "2023-01-01", "2023-06-30"),
    ("Partner Network 2023 H2", "affiliate", "acquire", "2023-07-01", "2023-12-31"),
    ("Partner Network 2024 H1", "affiliate", "acquire", "2024-01-01", "2024-06-30"),
    ("Partner Network 2024 H2", "affiliate", "acquire", "2024-07-01", "2024-12-31"),
    ("Partner Network 2025 H1", "affiliate", "acquire", "2025-01-01", "2025-06-30"),
    ("Newsletter Sign-up 2023", "email", "acquire", "2023-01-01", "2023-12-31"),
    ("Newsletter Sign-up 2024", "email", "acquire", "2024-01-01", "2024-12-31"),
    ("Newsletter Sign-up 2025", "email", "acquire", "2025-01-01", "2025-06-30"),
    ("Trade Fair 2023", "field_sales", "acquire", "2023-01-01", "2023-12-31"),
    ("Trade Fair 2024", "field_sales", "acquire", "2024-01-01", "2024-12-31"),
    ("Trade Fair 2025", "field_sales", "acquire", "2025-01-01", "2025-06-30"),
    ("Friends Programme", "referral", "acquire", "2023-01-01", "2025-06-30"),
    ("Monthly Coffee Letter", "email", "retain", "2023-03-01", "2025-06-30"),
    ("Winter Favourites 2024", "email", "retain", "2024-11-01", "2024-12-31"),
    ("We Miss You", "email", "win_back", "2024-02-01", "2024-04-30"),
    ("Spring Return 2025", "affiliate", "win_back", "2025-04-01", "2025-05-31"),
]
CAMPAIGN_START = np.array([day_of(row[3]) for row in CAMPAIGNS])
CAMPAIGN_END = np.array([day_of(row[4]) for row in CAMPAIGNS])
COFFEE_LETTER = [row[0] for row in CAMPAIGNS].index("Monthly Coffee Letter")
SPRING_RETURN = [row[0] for row in CAMPAIGNS].index("Spring Return 2025")

# euro spent per customer won; the share of a channel's customers that came through a campaign
COST_PER_CUSTOMER = {
    "paid_search": 21.0,
    "paid_social": 17.0,
    "affiliate": 11.0,
    "email": 7.0,
    "field_sales": 260.0,
    "referral": 9.0,
}
CAMPAIGN_COVERAGE = {
    "paid_search": 0.9,
    "paid_social": 0.95,
    "affiliate": 0.9,
    "email": 0.85,
    "field_sales": 0.6,
    "referral": 0.7,
}
_FIXED_MONTHLY = 140.0  # euro per month at 3,000 customers, for campaigns that win nobody
_SPEND_CURRENCY = {"paid_social": "USD", "affiliate": "GBP"}

# name, team, region, hired on, left on, successor
SALES_REPS = [
    ("Clara Brunner", "field", "DE North", "2021-03-01", None, None),
    ("Jonas Haas", "field", "DE North", "2021-09-01", "2024-03-31", 0),
    ("Lena Koch", "field", "DE South", "2020-05-01", None, None),
    ("Paul Ernst", "field", "DE South", "2022-02-01", None, None),
    ("Marie Fontaine", "field", "FR", "2021-06-01", None, None),
    ("Hugo Garnier", "field", "FR", "2022-04-01", "2024-10-31", 4),
    ("Olivia Reed", "field", "GB", "2022-01-01", None, None),
    ("Tom Parker", "field", "US", "2022-07-01", None, None),
    ("Nina Frei", "field", "CH", "2021-11-01", None, None),
    ("Oscar Vogel", "inside", "DE North", "2022-05-01", None, None),
    ("Zoe Lambert", "inside", "FR", "2022-08-01", None, None),
    ("Emil Stein", "inside", "DE South", "2022-10-01", None, None),
]
REPS_BY_COUNTRY = {
    "DE": [0, 1, 2, 3, 9, 11],
    "FR": [4, 5, 10],
    "GB": [6],
    "US": [7],
    "CH": [8],
}


def rep_left_day():
    """Return each rep's last day, shape (reps,); far away for those who stay."""
    far = 10 * PERIOD_DAYS
    return np.array([far if row[4] is None else day_of(row[4]) for row in SALES_REPS])


def rep_successor():
    """Return who takes over from each rep, shape (reps,); themselves if they stay."""
    return np.array([index if row[5] is None else row[5] for index, row in enumerate(SALES_REPS)])


def rep_on_day(rep, day):
    """Return who looks after a customer on a day: the first rep, or the successor once gone.

    Parameters
    ----------
    rep : ndarray of int, shape (n,)
        Index of the customer's first rep; -1 for none.
    day : ndarray of int, shape (n,)

    Returns
    -------
    ndarray of int, shape (n,)
    """
    gone = (rep >= 0) & (day > rep_left_day()[rep])
    return np.where(gone, rep_successor()[rep], rep)


def draw_rates(seed):
    """Draw daily rates to the euro on business days, a mean-reverting walk.

    Returns
    -------
    frame : DataFrame, one row per business day and currency
        day, currency, rate_millionths (int: multiply an amount, divide by a million).
    by_day : ndarray of float, shape (currencies, PERIOD_DAYS)
        The last rate on or before each day; one for the euro.
    """
    days = np.arange(_RATES_FROM_DAY, PERIOD_DAYS)
    dates = timestamps(days * DAY).astype("datetime64[D]")
    holidays = np.isin([str(date)[5:] for date in dates], ["01-01", "12-25", "12-26"])
    is_open = np.is_busday(dates) & ~holidays
    by_day = np.ones((len(CURRENCIES), PERIOD_DAYS))
    frames = []
    for currency, (level, volatility) in _RATE_LEVEL.items():
        steps = stream(seed, "rates", currency).normal(0.0, volatility, len(days))
        rates = np.empty(len(days), dtype=np.int64)
        last = level
        for index in range(len(days)):
            if is_open[index]:
                last += 0.01 * (level - last) + steps[index]
            rates[index] = round(last * 1_000_000)
        by_day[CURRENCIES.index(currency)] = rates[-_RATES_FROM_DAY:] / 1_000_000
        open_days = {"day": days[is_open], "currency": currency, "rate": rates[is_open]}
        frames.append(pd.DataFrame(open_days))
    frame = pd.concat(frames).sort_values(["day", "currency"], ignore_index=True)
    frame["rate_date"] = timestamps(frame["day"].to_numpy() * DAY)
    return frame, by_day


def campaigns_frame():
    """Return the campaigns table, one row per campaign."""
    return pd.DataFrame(
        {
            "number": np.arange(1, len(CAMPAIGNS) + 1),
            "campaign_name": [row[0] for row in CAMPAIGNS],
            "channel": [row[1] for row in CAMPAIGNS],
            "objective": [row[2] for row in CAMPAIGNS],
            "started_on": timestamps(CAMPAIGN_START * DAY),
            "ended_on": timestamps(CAMPAIGN_END * DAY),
            "updated_at": timestamps((CAMPAIGN_START - 14) * DAY + 10 * 3600),
        }
    )


def draw_spend(seed, campaign, day, n_customers):
    """Draw monthly spend per campaign: what its customers of the month cost, with noise.

    Parameters
    ----------
    seed : int
    campaign : ndarray of int, shape (n_customers,)
        Index of the campaign that won each customer; -1 for none.
    day : ndarray of int, shape (n_customers,)
        Day on which the customer was won.
    n_customers : int

    Returns
    -------
    DataFrame, one row per campaign and month: campaign, day (the month's first), channel,
        currency, amount in cents of the currency.
    """
    rng = stream(seed, "spend")
    firsts = np.arange("2023-01", "2025-07", dtype="datetime64[M]").astype("datetime64[D]")
    first_days = np.array([day_of(str(date)) for date in firsts])
    month = np.searchsorted(first_days, day, side="right") - 1
    won = np.zeros((len(CAMPAIGNS), len(first_days)), dtype=np.int64)
    np.add.at(won, (campaign[campaign >= 0], month[campaign >= 0]), 1)
    rows = []
    for index, (_, channel, objective, *_rest) in enumerate(CAMPAIGNS):
        currency = _SPEND_CURRENCY.get(channel, "EUR")
        for position, first_day in enumerate(first_days):
            if not CAMPAIGN_START[index] <= first_day <= CAMPAIGN_END[index]:
                continue
            if objective == "acquire":
                euro = COST_PER_CUSTOMER[channel] * (won[index, position] + 0.3)
            else:
                euro = _FIXED_MONTHLY * n_customers / 3000
            cents = round(euro * 100 * (0.85 + 0.3 * rng.random()))
            rows.append((index, first_day, channel, currency, cents))
    frame = pd.DataFrame(rows, columns=["campaign", "day", "channel", "currency", "amount"])
    frame.insert(0, "number", np.arange(1, len(frame) + 1))
    frame["spend_date"] = timestamps(frame["day"].to_numpy() * DAY)
    frame["updated_at"] = timestamps((frame["day"].to_numpy() + 31) * DAY + 6 * 3600)
    last = timestamps(PERIOD_DAYS * DAY - 1)
    frame["updated_at"] = frame["updated_at"].clip(upper=pd.Timestamp(last))
    return frame


def euro_per_customer(rate_by_day):
    """Return what campaigns spend for each customer they win: channel → euro, before noise.

    A channel that is paid in another currency spends as many of its units, at the rate of the day.

    Parameters
    ----------
    rate_by_day : ndarray of float, shape (currencies, PERIOD_DAYS)
    """
    euro = {}
    for channel, cost in COST_PER_CUSTOMER.items():
        currency = CURRENCIES.index(_SPEND_CURRENCY.get(channel, "EUR"))
        euro[channel] = round(cost * float(rate_by_day[currency].mean()), 2)
    return euro


def sales_reps_frame():
    """Return the sales_reps table, one row per rep."""
    hired = np.array([day_of(row[3]) for row in SALES_REPS])
    left = np.array([row[4] or "NaT" for row in SALES_REPS], dtype="datetime64[s]")
    changed = np.where(np.isnat(left), timestamps(hired * DAY), left)
    return pd.DataFrame(
        {
            "number": np.arange(1, len(SALES_REPS) + 1),
            "rep_name": [row[0] for row in SALES_REPS],
            "team": [row[1] for row in SALES_REPS],
            "region": [row[2] for row in SALES_REPS],
            "hired_on": timestamps(hired * DAY),
            "left_on": left,
            "updated_at": changed + np.timedelta64(9, "h"),
        }
    )
