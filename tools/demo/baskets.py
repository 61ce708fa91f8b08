"""What is in the orders: catalogue products near the planned value, and the money that follows.

All money is whole cents of the order's currency, so that totals add up exactly.
"""

from dataclasses import dataclass

import numpy as np

from tools.demo import catalogue, world
from tools.demo import orders as order_rules

PRODUCT, GIFT_CARD, FEE = range(3)
LINE_TYPES = ["product", "gift_card", "fee"]
_LINE_SHARES = {
    world.CONSUMER: [0.60, 0.26, 0.10, 0.04],
    world.BUSINESS: [0.42, 0.33, 0.17, 0.08],
}
_MAX_LINES = 4
_LINE_DISCOUNT_PERCENT = 10
_WRAPPING_CENTS = 300
_NO_LINE_COST_SHARE = 0.06  # lines whose cost the shop did not record


@dataclass
class Lines:
    """One entry per order line, by order; every array has shape (n,)."""

    order: np.ndarray
    product: np.ndarray  # -1 for a fee
    quantity: np.ndarray
    unit_price: np.ndarray
    discount: np.ndarray
    line_type: np.ndarray
    tax: np.ndarray = None
    unit_cost: np.ndarray = None  # -1 for unknown
    taxable: np.ndarray = None  # after the line's share of the order discount

    def __len__(self):
        """Count the lines."""
        return len(self.order)


@dataclass
class Totals:
    """Money of each order; every array has shape (orders,)."""

    discount: np.ndarray
    shipping: np.ndarray
    shipping_cost: np.ndarray
    tax: np.ndarray
    total: np.ndarray


def _closest_fit(ladder, target):
    """Find the position and quantity (1 to 3) closest to the target price, shapes (n,)."""
    best = np.full(len(target), np.inf)
    position = np.zeros(len(target), dtype=np.int64)
    quantity = np.ones(len(target), dtype=np.int64)
    for tried in (1, 2, 3):
        above = np.clip(np.searchsorted(ladder, target / tried), 1, len(ladder) - 1)
        low, high = ladder[above - 1] * tried, ladder[above] * tried
        nearest = np.where(target - low <= high - target, above - 1, above)
        error = np.abs(ladder[nearest] * tried - target)
        better = error < best
        best = np.where(better, error, best)
        position = np.where(better, nearest, position)
        quantity = np.where(better, tried, quantity)
    return position, quantity


def _loose_fit(rng, ladder, target, wanted):
    """Pick a product somewhat below target / wanted, and the quantity that comes closest."""
    below = np.searchsorted(ladder, target / wanted, side="right") - 1
    position = np.maximum(below - rng.integers(0, 5, len(target)), 0)
    return position, np.maximum(np.rint(target / ladder[position]), 1).astype(np.int64)


def _fill_group(rng, sellable, ladder, target, business):
    """Choose up to four lines for orders that share a price list.

    Parameters
    ----------
    rng : numpy.random.Generator
    sellable : ndarray of int, shape (products,)
        Catalogue indices, in the order of `ladder`.
    ladder : ndarray of float, shape (products,)
        Ascending prices without tax, in cents.
    target : ndarray of float, shape (orders,)
        Wanted value without tax, in cents, before the order discount.
    business : bool

    Returns
    -------
    list of (orders, product, quantity, discounted), arrays of one line position each
    """
    shares = _LINE_SHARES[world.BUSINESS if business else world.CONSUMER]
    wanted_lines = rng.choice(_MAX_LINES, len(target), p=shares) + 1
    # a small order does not fall into many lines
    wanted_lines = np.minimum(wanted_lines, np.maximum(target // 1000, 1)).astype(np.int64)
    left = target.copy()
    chosen = []
    for position in range(_MAX_LINES):
        members = np.flatnonzero(wanted_lines > position)
        if position > 0:
            members = members[left[members] > ladder[0] * 0.6]
        if len(members) == 0:
            break
        remaining_lines = wanted_lines[members] - position
        last = remaining_lines == 1
        share = np.where(last, 1.0, (0.4 + 1.2 * rng.random(len(members))) / remaining_lines)
        discounted = rng.random(len(members)) < 0.06
        factor = np.where(discounted, 1.0 - _LINE_DISCOUNT_PERCENT / 100.0, 1.0)
        goal = left[members] * share / factor
        wanted = rng.choice([1, 2, 3], len(members), p=[0.7, 0.2, 0.1])
        if business:
            wanted = 1 + rng.geometric(0.12, len(members))
        slot, quantity = _loose_fit(rng, ladder, goal, wanted)
        if not business:
            exact_slot, exact_quantity = _closest_fit(ladder, goal)
            big = goal > ladder[-1] * 3
            slot = np.where(last & ~big, exact_slot, slot)
            quantity = np.where(last & ~big, exact_quantity, quantity)
        left[members] -= ladder[slot] * quantity * factor
        chosen.append((members, sellable[slot], quantity, discounted))
    return chosen


def _product_lines(seed, orders, terms, rates):
    """Draw lines as arrays of (position key, order, product, quantity, discounted)."""
    currency = world.COUNTRY_CURRENCY[orders.country]
    rate = rates[currency, np.minimum(orders.day, world.PERIOD_DAYS - 1)]
    target = orders.value * 100.0 / rate / (1.0 - terms.discount_percent / 100.0)
    parts = []
    for customer_type in (world.CONSUMER, world.BUSINESS):
        for country, name in enumerate(world.COUNTRIES):
            group = np.flatnonzero(
                (orders.country == country) & (orders.customer_type == customer_type)
            )
            business = customer_type == world.BUSINESS
            tax = 0 if business else catalogue.TAX[country]
            prices = catalogue.PRICES[customer_type, country] * 1000.0 / (1000.0 + tax)
            sellable = catalogue.SELLABLE[np.argsort(prices[catalogue.SELLABLE], kind="stable")]
            rng = world.stream(seed, "baskets", name, str(customer_type))
            filled = _fill_group(rng, sellable, prices[sellable], target[group], business)
            for position, (members, product, quantity, discounted) in enumerate(filled):
                order = group[members]
                parts.append((order * 8 + position, order, product, quantity, discounted))
    return parts


def _small_lines(seed, orders):
    """Add gift cards and gift wrapping, a line each in about one order of a hundred."""
    rng = world.stream(seed, "small lines")
    plain = (orders.kind == order_rules.PURCHASE) & ~orders.pure
    plain &= orders.customer_type == world.CONSUMER
    cards = np.flatnonzero(plain & (rng.random(len(orders)) < 0.01))
    wrapped = np.flatnonzero(plain & (rng.random(len(orders)) < 0.012))
    cards_bought = rng.choice(catalogue.GIFT_CARDS, len(cards), p=[0.5, 0.35, 0.15])
    parts = []
    for position, order, product in (
        (_MAX_LINES, cards, cards_bought),
        (_MAX_LINES + 1, wrapped, np.full(len(wrapped), -1)),
    ):
        one, no = np.ones(len(order), dtype=np.int64), np.zeros(len(order), dtype=bool)
        parts.append((order * 8 + position, order, product, one, no))
    return parts


def fill_baskets(seed, orders, terms, rates):
    """Draw the lines of every order, priced from the catalogue and taxed, and the totals.

    Parameters
    ----------
    seed : int
    orders : orders.Orders
    terms : orders.Terms
    rates : ndarray, shape (currencies, days)
        Euro per unit of currency.

    Returns
    -------
    Lines, Totals
    """
    parts = _product_lines(seed, orders, terms, rates) + _small_lines(seed, orders)
    key, order, product, quantity, discounted = (
        np.concatenate(part) for part in zip(*parts, strict=True)
    )
    ranked = np.argsort(key, kind="stable")
    order, product, quantity = order[ranked], product[ranked], quantity[ranked]
    discounted = discounted[ranked]

    is_fee = product < 0
    is_card = np.isin(product, catalogue.GIFT_CARDS)
    customer_type, country = orders.customer_type[order], orders.country[order]
    price = catalogue.PRICES[customer_type, country, product]
    price = np.where(is_fee, _WRAPPING_CENTS, price)
    free = orders.kind[order] == order_rules.REPLACEMENT
    price = np.where(free, 0, price)
    gross = quantity * price
    discount = np.where(discounted, (gross * _LINE_DISCOUNT_PERCENT + 50) // 100, 0)
    lines = Lines(
        order=order,
        product=np.where(is_fee, -1, catalogue.product_on_day(product, orders.day[order])),
        quantity=quantity,
        unit_price=price,
        discount=discount,
        line_type=np.where(is_fee, FEE, np.where(is_card, GIFT_CARD, PRODUCT)).astype(np.int8),
    )
    tax_rate = np.where(is_fee, catalogue.STANDARD_TAX[country], catalogue.TAX[country, product])
    tax_rate = np.where(is_card, 0, tax_rate)  # taxed when redeemed
    return lines, _add_money(seed, orders, terms, lines, tax_rate)


def _tax_part(amount, rate, included):
    """Return tax in cents, rounded half up: inside the amount or on top; `rate` per mille."""
    inside = (2 * amount * rate + 1000 + rate) // (2 * (1000 + rate))
    on_top = (amount * rate + 500) // 1000
    return np.where(included, inside, on_top)


def _sum_by_order(order, amount, n):
    # cents stay far below 2**53, so that the floating sum is exact
    return np.bincount(order, weights=amount, minlength=n).astype(np.int64)


def _add_money(seed, orders, terms, lines, tax_rate):
    """Fill the lines' tax and cost, and return the totals."""
    rng = world.stream(seed, "money")
    n = len(orders)
    consumer = orders.customer_type == world.CONSUMER
    included = consumer[lines.order]
    net = lines.quantity * lines.unit_price - lines.discount
    percent = terms.discount_percent[lines.order]
    lines.taxable = (net * (100 - percent) + 50) // 100
    lines.tax = _tax_part(lines.taxable, tax_rate, included)

    cost = catalogue.country_costs()[orders.country[lines.order], lines.product]
    recorded = rng.random(len(lines)) >= _NO_LINE_COST_SHARE
    lines.unit_cost = np.where((lines.line_type == PRODUCT) & recorded, cost, -1)

    goods = _sum_by_order(lines.order, net, n)
    discount = (goods * terms.discount_percent + 50) // 100
    paid = goods - discount
    free_from = np.where(consumer, 5_000, 15_000)
    shipping = np.where(paid >= free_from, 0, np.where(consumer, 490, 900))
    shipping[orders.kind == order_rules.REPLACEMENT] = 0
    pieces = _sum_by_order(lines.order, lines.quantity, n)
    shipping_cost = 380 + 12 * np.minimum(pieces, 60) + rng.integers(0, 150, n)
    standard = catalogue.STANDARD_TAX[orders.country]
    tax = _sum_by_order(lines.order, lines.tax, n) + _tax_part(shipping, standard, consumer)
    return Totals(
        discount=discount,
        shipping=shipping,
        shipping_cost=shipping_cost,
        tax=tax,
        total=paid + shipping + np.where(consumer, 0, tax),
    )
