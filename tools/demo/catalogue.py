"""What the demo retailer sells: products, price lists, costs and tax rates.

Prices are euro cents. A consumer's price includes tax; a business buys from the trade list, a
fifth lower and without tax. Other currencies have price lists of their own (fixed factors).
"""

import numpy as np
import pandas as pd

from tools.demo.world import BUSINESS, CONSUMER, COUNTRIES, timestamps

# category, subcategory, name, list price in cents, cost as a share of the price without tax
_PRODUCTS = [
    ("beans", "espresso", "House Espresso 250 g", 690, 0.46),
    ("beans", "espresso", "House Espresso 1 kg", 2190, 0.44),
    ("beans", "espresso", "Dark Roast Espresso 250 g", 740, 0.46),
    ("beans", "espresso", "Dark Roast Espresso 1 kg", 2390, 0.45),
    ("beans", "espresso", "Decaf Espresso 250 g", 790, 0.48),
    ("beans", "espresso", "Decaf Espresso 1 kg", 2690, 0.47),
    ("beans", "filter", "Morning Filter 250 g", 840, 0.45),
    ("beans", "filter", "Morning Filter 1 kg", 2890, 0.44),
    ("beans", "filter", "Highland Filter 250 g", 990, 0.47),
    ("beans", "filter", "Highland Filter 1 kg", 3390, 0.46),
    ("beans", "filter", "Washed Microlot 250 g", 1290, 0.5),
    ("beans", "filter", "Natural Microlot 250 g", 1490, 0.51),
    ("beans", "filter", "Competition Lot 200 g", 1990, 0.55),
    ("beans", "sets", "Tasting Set Four Origins", 3190, 0.5),
    ("beans", "sets", "Tasting Set Eight Origins", 5790, 0.49),
    ("beans", "espresso", "Bar Blend 5 kg", 9900, 0.43),
    ("capsules", "espresso", "Capsules Espresso 10", 390, 0.4),
    ("capsules", "espresso", "Capsules Espresso 50", 1790, 0.39),
    ("capsules", "espresso", "Capsules Intense 10", 420, 0.4),
    ("capsules", "espresso", "Capsules Intense 50", 1890, 0.39),
    ("capsules", "lungo", "Capsules Lungo 10", 410, 0.41),
    ("capsules", "lungo", "Capsules Lungo 50", 1840, 0.4),
    ("capsules", "decaf", "Capsules Decaf 10", 450, 0.42),
    ("capsules", "decaf", "Capsules Decaf 50", 1990, 0.41),
    ("capsules", "sets", "Capsules Mixed 100", 3490, 0.4),
    ("capsules", "sets", "Capsules Office 300", 9490, 0.38),
    ("tea", "green", "Sencha 100 g", 890, 0.42),
    ("tea", "green", "Gyokuro 50 g", 1690, 0.48),
    ("tea", "green", "Matcha 30 g", 2290, 0.5),
    ("tea", "black", "Breakfast Tea 100 g", 590, 0.38),
    ("tea", "black", "Darjeeling 100 g", 1090, 0.44),
    ("tea", "black", "Earl Blend 100 g", 640, 0.39),
    ("tea", "herbal", "Peppermint 80 g", 450, 0.36),
    ("tea", "herbal", "Rooibos 100 g", 550, 0.37),
    ("tea", "herbal", "Camomile 80 g", 470, 0.36),
    ("tea", "sets", "Tea Chest Twelve", 3690, 0.45),
    ("machines", "espresso", "Espresso Machine Compact", 19900, 0.66),
    ("machines", "espresso", "Espresso Machine Solo", 34900, 0.65),
    ("machines", "espresso", "Espresso Machine Duo", 59900, 0.64),
    ("machines", "espresso", "Espresso Machine Pro", 99900, 0.63),
    ("machines", "espresso", "Espresso Machine Bar Two", 249000, 0.6),
    ("machines", "filter", "Filter Machine Home", 11900, 0.67),
    ("machines", "filter", "Filter Machine Office", 27900, 0.65),
    ("machines", "automatic", "Bean to Cup One", 44900, 0.66),
    ("machines", "automatic", "Bean to Cup Plus", 79900, 0.64),
    ("machines", "automatic", "Bean to Cup Office", 149000, 0.62),
    ("grinders", "hand", "Hand Grinder Travel", 3990, 0.55),
    ("grinders", "hand", "Hand Grinder Steel", 8490, 0.56),
    ("grinders", "hand", "Hand Grinder Master", 15900, 0.57),
    ("grinders", "electric", "Electric Grinder Home", 12900, 0.6),
    ("grinders", "electric", "Electric Grinder Flat", 29900, 0.6),
    ("grinders", "electric", "Electric Grinder Pro", 49900, 0.59),
    ("grinders", "electric", "Electric Grinder Bar", 89900, 0.58),
    ("accessories", "filters", "Paper Filters 100", 490, 0.3),
    ("accessories", "filters", "Paper Filters 400", 1690, 0.29),
    ("accessories", "filters", "Steel Filter", 2490, 0.42),
    ("accessories", "care", "Descaler 250 ml", 790, 0.32),
    ("accessories", "care", "Cleaning Tablets 60", 1190, 0.31),
    ("accessories", "care", "Milk System Cleaner 1 l", 1390, 0.33),
    ("accessories", "brewing", "Pour Over Dripper", 1590, 0.45),
    ("accessories", "brewing", "Glass Carafe", 2790, 0.46),
    ("accessories", "brewing", "French Press", 3290, 0.47),
    ("accessories", "brewing", "Gooseneck Kettle", 6990, 0.52),
    ("accessories", "barista", "Tamper", 2990, 0.44),
    ("accessories", "barista", "Milk Jug 600 ml", 1890, 0.43),
    ("accessories", "barista", "Scale with Timer", 4490, 0.5),
    ("accessories", "cups", "Espresso Cups Set", 2590, 0.45),
    ("accessories", "cups", "Travel Mug", 2090, 0.46),
    ("gift", "sets", "Gift Set Small", 1950, None),
    ("gift", "sets", "Gift Set Medium", 3890, None),
    ("gift", "sets", "Gift Set Large", 7490, None),
    ("gift", "cards", "Gift Card 25", 2500, None),
    ("gift", "cards", "Gift Card 50", 5000, None),
    ("gift", "cards", "Gift Card 100", 10000, None),
    # successors: sold from a day on in place of an older product at the same price
    ("machines", "espresso", "Espresso Machine Solo II", 34900, 0.62),
    ("grinders", "electric", "Electric Grinder Home II", 12900, 0.57),
    ("accessories", "brewing", "Gooseneck Kettle II", 6990, 0.5),
]
_SUCCESSIONS = [
    ("Espresso Machine Solo", "Espresso Machine Solo II", 420),
    ("Electric Grinder Home", "Electric Grinder Home II", 610),
    ("Gooseneck Kettle", "Gooseneck Kettle II", 300),
]

CATEGORIES = [row[0] for row in _PRODUCTS]
NAMES = [row[2] for row in _PRODUCTS]
LIST_CENTS = np.array([row[3] for row in _PRODUCTS], dtype=np.int64)
N_PRODUCTS = len(_PRODUCTS)
REPEATABLE = ("beans", "capsules", "tea")
_FOOD = np.isin(CATEGORIES, REPEATABLE)

# tax in thousandths by country: (food, everything else)
_TAX = {"DE": (70, 190), "FR": (55, 200), "GB": (0, 200), "US": (60, 60), "CH": (26, 81)}
STANDARD_TAX = np.array([_TAX[country][1] for country in COUNTRIES], dtype=np.int64)
TAX = np.array([np.where(_FOOD, *_TAX[country]) for country in COUNTRIES], dtype=np.int64)

_LIST_FACTOR = np.array([1000, 1000, 870, 1100, 1000], dtype=np.int64)  # by country
_TRADE_FACTOR = {CONSUMER: 1000, BUSINESS: 800}

GIFT_CARDS = np.array([NAMES.index(f"Gift Card {worth}") for worth in (25, 50, 100)])
_SUCCESSORS = [NAMES.index(new) for _, new, _ in _SUCCESSIONS]
SELLABLE = np.setdiff1d(np.arange(N_PRODUCTS), [*GIFT_CARDS, *_SUCCESSORS])
SUBSCRIBABLE = np.array(
    [i for i in range(N_PRODUCTS) if CATEGORIES[i] in ("beans", "capsules") and i in SELLABLE]
)


def _price_lists():
    """Return unit prices in cents of the currency, shape (customer types, countries, products)."""
    lists = np.empty((2, len(COUNTRIES), N_PRODUCTS), dtype=np.int64)
    for customer_type, factor in _TRADE_FACTOR.items():
        exact = LIST_CENTS[None, :] * _LIST_FACTOR[:, None] * factor  # millionths of a cent
        lists[customer_type] = (exact + 2_500_000) // 5_000_000 * 5  # to five cents
    return lists


def _unit_costs():
    """Return unit costs in euro cents, shape (products,); -1 where nobody knows them."""
    without_tax = LIST_CENTS * 1000 // (1000 + TAX[0])
    shares = np.array([-1.0 if row[4] is None else row[4] for row in _PRODUCTS])
    return np.where(shares < 0, -1, np.rint(without_tax * shares)).astype(np.int64)


PRICES = _price_lists()
COST_CENTS = _unit_costs()

FALLBACK_MARGINS = [
    ("beans", 0.53),
    ("capsules", 0.6),
    ("tea", 0.57),
    ("machines", 0.36),
    ("grinders", 0.42),
    ("accessories", 0.57),
    ("gift", 0.4),
    ("all", 0.5),
]


def country_costs():
    """Return unit costs in cents of each currency, shape (countries, products); -1 unknown."""
    converted = (COST_CENTS[None, :] * _LIST_FACTOR[:, None] + 500) // 1000
    return np.where(COST_CENTS[None, :] < 0, -1, converted)


def product_on_day(product, day):
    """Replace products that have a successor by it, from its first day on.

    Parameters
    ----------
    product : ndarray of int, shape (n,)
        Index into the catalogue.
    day : ndarray of int, shape (n,)
        Days since the period's start.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    result = product.copy()
    for old, new, first_day in _SUCCESSIONS:
        result[(product == NAMES.index(old)) & (day >= first_day)] = NAMES.index(new)
    return result


def products_frame():
    """Return the products table, a row per product; money in cents, -1 for an unknown cost."""
    frame = pd.DataFrame(_PRODUCTS, columns=["category", "subcategory", "name", "price", "share"])
    since = np.full(N_PRODUCTS, -200 * 86_400, dtype=np.int64)
    until = np.full(N_PRODUCTS, np.datetime64("NaT"), dtype="datetime64[s]")
    for old, new, first_day in _SUCCESSIONS:
        since[NAMES.index(new)] = first_day * 86_400
        until[NAMES.index(old)] = timestamps((first_day - 1) * 86_400)
    return pd.DataFrame(
        {
            "number": np.arange(1, N_PRODUCTS + 1),
            "product_name": frame["name"],
            "category": frame["category"],
            "subcategory": frame["subcategory"],
            "list_price": LIST_CENTS,
            "unit_cost": COST_CENTS,
            "repeatable": _FOOD,
            "active_from": timestamps(since),
            "active_to": until,
            "updated_at": timestamps(since + 9 * 3600),
        }
    )
