"""The planted truth: how each cell of channel and customer type buys, stops and spends.

Rates are per week. Purchases after the first one follow `purchase`:

bg_nbd      rate ~ gamma(r, alpha); after each repeat the customer is lost with p ~ beta(a, b)
pareto_nbd  rate ~ gamma(r, alpha); lifetime exponential with hazard ~ gamma(s, beta)
nbd         rate ~ gamma(r, alpha); no death
erlang      regular buyers: Erlang-k gaps of mean 1 / rate; lifetime as in pareto_nbd

An order's net value (EUR, after discounts, without tax and shipping) follows `spend`:

gamma_gamma value ~ gamma(p, rate nu), nu ~ gamma(q, rate v)
lognormal   customer's mean ~ lognormal(mu, sigma_between), value / mean ~ lognormal, mean one
pareto      customer's mean ~ Pareto(scale, shape), value / mean ~ lognormal, mean one
"""

from dataclasses import dataclass

from tools.demo.world import BUSINESS, CONSUMER, CUSTOMER_TYPES, day_of

CHANNELS = [
    "organic_search",
    "paid_search",
    "paid_social",
    "email",
    "referral",
    "affiliate",
    "direct",
    "field_sales",
]

# One factor per calendar month; they average one, so a rate stays the yearly rate.
SEASON = (0.85, 0.85, 0.9, 0.9, 0.95, 0.9, 0.85, 0.85, 0.95, 0.9, 1.5, 1.6)
VALUE_CAP = 20_000.0  # EUR; no planned order is worth more

PAID_SOCIAL_BREAK_DAY = day_of("2024-09-01")
PAID_SOCIAL_BREAK_FACTOR = 0.5
REACTIVATION_DAY = day_of("2025-04-01")
DORMANT_ACQUIRED_BEFORE_DAY = day_of("2024-12-01")
DORMANT_SHARE = 0.35
DORMANT_AFTER_WEEKS = 6.0


@dataclass(frozen=True)
class Cell:
    """One channel and customer type: its share of customers and its planted processes."""

    channel: str
    customer_type: int
    share: float
    purchase: str
    purchase_params: dict
    spend: str
    spend_params: dict
    seasonal: bool = True
    pure: bool = False  # nothing but the process: no refunds, no extra orders that count
    regime: str = ""
    growth: float = 1.15  # acquisition days ~ beta(growth, 1): above one, more come later


def _pareto_nbd(r, alpha, s, beta):
    return {"r": r, "alpha": alpha, "s": s, "beta": beta}


def _erlang(k, r, alpha, s, beta):
    return {"k": k, "r": r, "alpha": alpha, "s": s, "beta": beta}


def _gamma_gamma(p, q, v):
    return {"p": p, "q": q, "v": v}


def _lognormal(mu, between, within):
    return {"mu": mu, "sigma_between": between, "sigma_within": within}


CELLS = [
    Cell(
        "email",
        CONSUMER,
        0.18,
        "bg_nbd",
        # slow enough that two purchases hardly ever fall on one day: models see days
        {"r": 0.9, "alpha": 24.0, "a": 0.8, "b": 2.4},
        "gamma_gamma",
        _gamma_gamma(6.0, 4.0, 22.0),
        seasonal=False,
        pure=True,
        growth=1.0,
    ),
    Cell(
        "organic_search",
        CONSUMER,
        0.16,
        "pareto_nbd",
        _pareto_nbd(0.8, 11.0, 0.7, 14.0),
        "lognormal",
        _lognormal(3.75, 0.55, 0.45),
    ),
    Cell(
        "paid_search",
        CONSUMER,
        0.14,
        "pareto_nbd",
        _pareto_nbd(0.7, 11.0, 0.8, 10.0),
        "gamma_gamma",
        _gamma_gamma(4.0, 4.0, 34.0),
    ),
    Cell(
        "paid_social",
        CONSUMER,
        0.16,
        "pareto_nbd",
        _pareto_nbd(0.6, 12.0, 0.9, 8.0),
        "lognormal",
        _lognormal(3.2, 0.4, 0.4),
        regime="rate_break",
    ),
    Cell(
        "referral",
        CONSUMER,
        0.08,
        "pareto_nbd",
        _pareto_nbd(1.2, 12.0, 0.5, 25.0),
        "lognormal",
        _lognormal(4.1, 0.7, 0.4),
    ),
    Cell(
        "affiliate",
        CONSUMER,
        0.08,
        "pareto_nbd",
        _pareto_nbd(0.9, 16.0, 0.6, 16.0),
        "gamma_gamma",
        _gamma_gamma(5.0, 4.0, 16.0),
        regime="dormant",
    ),
    Cell(
        "direct",
        CONSUMER,
        0.07,
        "nbd",
        {"r": 0.9, "alpha": 22.0},
        "gamma_gamma",
        _gamma_gamma(4.0, 4.0, 36.0),
    ),
    Cell(
        "field_sales",
        BUSINESS,
        0.05,
        "erlang",
        _erlang(3, 4.0, 32.0, 1.5, 300.0),
        "pareto",
        {"scale": 260.0, "shape": 1.8, "sigma_within": 0.35},
        seasonal=False,
    ),
    Cell(
        "organic_search",
        BUSINESS,
        0.03,
        "erlang",
        _erlang(2, 3.0, 36.0, 1.2, 150.0),
        "lognormal",
        _lognormal(5.1, 0.6, 0.35),
        seasonal=False,
    ),
    Cell(
        "paid_search",
        BUSINESS,
        0.02,
        "erlang",
        _erlang(2, 2.5, 36.0, 1.2, 120.0),
        "lognormal",
        _lognormal(5.0, 0.5, 0.35),
        seasonal=False,
    ),
    Cell(
        "referral",
        BUSINESS,
        0.015,
        "erlang",
        _erlang(3, 4.0, 36.0, 1.2, 250.0),
        "lognormal",
        _lognormal(5.5, 0.7, 0.35),
        seasonal=False,
    ),
    Cell(
        "direct",
        BUSINESS,
        0.015,
        "erlang",
        _erlang(2, 3.0, 36.0, 1.2, 180.0),
        "lognormal",
        _lognormal(5.2, 0.6, 0.35),
        seasonal=False,
    ),
]


def truth_rows():
    """Spell the planted parameters as rows (channel, customer type, process, parameter, value).

    Dates are written as the number YYYYMMDD, shares and factors as fractions, rates per week.
    """
    rows = []
    for cell in CELLS:
        name = (cell.channel, CUSTOMER_TYPES[cell.customer_type])
        rows += [(*name, cell.purchase, key, value) for key, value in cell.purchase_params.items()]
        rows += [(*name, cell.spend, key, value) for key, value in cell.spend_params.items()]
        if cell.spend != "gamma_gamma":
            rows.append((*name, cell.spend, "cap_eur", VALUE_CAP))
        if cell.seasonal:
            rows += [
                (*name, "seasonality", f"month_{month:02d}", factor)
                for month, factor in enumerate(SEASON, start=1)
            ]
        if cell.regime == "rate_break":
            rows.append((*name, "regime_rate_break", "acquired_from", 20240901))
            rows.append((*name, "regime_rate_break", "rate_factor", PAID_SOCIAL_BREAK_FACTOR))
        if cell.regime == "dormant":
            rows += [
                (*name, "regime_dormant", "acquired_before", 20241201),
                (*name, "regime_dormant", "dormant_share", DORMANT_SHARE),
                (*name, "regime_dormant", "dormant_after_weeks", DORMANT_AFTER_WEEKS),
                (*name, "regime_dormant", "reactivated_on", 20250401),
            ]
    return rows
