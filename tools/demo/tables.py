"""The raw contract of the demo's tables, and the SQL that turns drawn numbers into its rows.

Frames hold numbers and category codes only; keys, names and money become text and decimals in
DuckDB. Conventions of the frames: cents as integers, -1 for a null, keys as running numbers.
"""

import numpy as np
import pandas as pd

from tools.demo import baskets, catalogue, company, processes, refunds, world
from tools.demo import orders as order_rules

MONEY, RATE, TIME = "DECIMAL(18,2)", "DECIMAL(18,6)", "TIMESTAMP"

# table -> column -> (type, expression over the table's frame)
_SYNCED = (TIME, f"TIMESTAMP '{world.SYNCED_AT}'")
_UPDATED = (TIME, "updated_at")


def _key(prefix, column, width):
    """Spell a text key such as C000123; wider where needed, null for a number below one."""
    digits = f"lpad({column}::VARCHAR, greatest({width}, length({column}::VARCHAR))::INTEGER, '0')"
    return ("VARCHAR", f"CASE WHEN {column} >= 1 THEN '{prefix}' || {digits} END")


def _text(column):
    return ("VARCHAR", f"{column}::VARCHAR")


def _cents(column):
    return (MONEY, f"(nullif({column}, -1) / 100)::{MONEY}")


def _number(column):
    return ("INTEGER", f"nullif({column}, -1)::INTEGER")


def _nothing(kind="VARCHAR"):
    return (kind, f"NULL::{kind}")


_CUSTOMER = _key("C", "customer", 6)
_ORDER = _key("O", "order_number", 7)
_CAMPAIGN = _key("K", "campaign", 3)
_REP = _key("R", "rep", 2)
_PRODUCT = _key("P", "product", 3)

CONTRACT = {
    "customers": {
        "customer_id": _CUSTOMER,
        "email": (
            "VARCHAR",
            "CASE WHEN has_email THEN lower(given::VARCHAR) || '.' || lower(family::VARCHAR)"
            " || customer || CASE WHEN email_org THEN '@example.org' ELSE '@example.com' END END",
        ),
        "phone": (
            "VARCHAR",
            "CASE WHEN phone >= 0 THEN replace(replace(replace(replace(phone_pattern::VARCHAR,"
            " '###', lpad((phone % 1000)::VARCHAR, 3, '0')),"
            " '## ##', lpad((phone // 100)::VARCHAR, 2, '0') || ' '"
            " || lpad((phone % 100)::VARCHAR, 2, '0')),"
            " '##', lpad((phone % 100)::VARCHAR, 2, '0')), '#', (phone % 10)::VARCHAR) END",
        ),
        "first_name": _text("given"),
        "last_name": _text("family"),
        "birth_date": (
            "DATE",
            "CASE WHEN birth_day >= 0 THEN DATE '1940-01-01' + birth_day::INTEGER END",
        ),
        "gender": _text("gender"),
        "country": _text("country"),
        "region": _text("region"),
        "city": _text("city"),
        "postal_code": _text("postal_code"),
        "customer_type": _text("customer_type"),
        "company": (
            "VARCHAR",
            "CASE WHEN company_suffix IS NOT NULL"
            " THEN family::VARCHAR || ' Demo ' || company_suffix::VARCHAR END",
        ),
        "industry": _text("industry"),
        "acquisition_channel": _text("channel"),
        "acquisition_campaign_id": _CAMPAIGN,
        "sales_rep_id": _REP,
        "referred_by_customer_id": _key("C", "referrer", 6),
        "created_at": (TIME, "created_at"),
        "updated_at": _UPDATED,
        "deleted_at": _nothing(TIME),
        "synced_at": _SYNCED,
    },
    "orders": {
        "order_id": _ORDER,
        "customer_id": _CUSTOMER,
        "customer_email": (
            "VARCHAR",
            "CASE WHEN guest_number >= 0 THEN 'guest' || guest_number || '@example.org' END",
        ),
        "ordered_at": (TIME, "ordered_at"),
        "status": _text("status"),
        "cancelled_at": (TIME, "cancelled_at"),
        "order_type": _text("order_type"),
        "subscription_id": _nothing(),
        "currency": _text("currency"),
        "order_channel": _text("order_channel"),
        "campaign_id": _CAMPAIGN,
        "sales_rep_id": _REP,
        "discount_code": _text("discount_code"),
        "discount_amount": _cents("discount"),
        "shipping_amount": _cents("shipping"),
        "shipping_cost": _cents("shipping_cost"),
        "tax_amount": _cents("tax"),
        "prices_include_tax": ("BOOLEAN", "prices_include_tax"),
        "payment_method": _text("payment_method"),
        "payment_fee_amount": _cents("payment_fee"),
        "loyalty_redeemed_amount": (MONEY, f"0::{MONEY}"),
        "total_amount": _cents("total"),
        "updated_at": _UPDATED,
        "synced_at": _SYNCED,
    },
    "order_lines": {
        "order_line_id": _key("L", "line_number", 7),
        "order_id": _ORDER,
        "product_id": _PRODUCT,
        "quantity": _number("quantity"),
        "unit_price": _cents("unit_price"),
        "discount_amount": _cents("discount"),
        "tax_amount": _cents("tax"),
        "unit_cost": _cents("unit_cost"),
        "line_type": _text("line_type"),
        "updated_at": _UPDATED,
        "synced_at": _SYNCED,
    },
    "refunds": {
        "refund_id": _key("F", "refund_number", 6),
        "order_id": _ORDER,
        "order_line_id": _key("L", "line_number", 7),
        "refunded_at": (TIME, "refunded_at"),
        "amount": _cents("amount"),
        "tax_amount": _cents("tax"),
        "shipping_amount": _cents("shipping"),
        "quantity": _number("quantity"),
        "restocked": ("BOOLEAN", "nullif(restocked, -1) = 1"),
        "refund_type": _text("refund_type"),
        "currency": _text("currency"),
        "reason": _text("reason"),
        "updated_at": _UPDATED,
        "synced_at": _SYNCED,
    },
    "products": {
        "product_id": _key("P", "number", 3),
        "sku": ("VARCHAR", "upper(left(category, 3)) || '-' || (1000 + number)"),
        "product_name": _text("product_name"),
        "category": _text("category"),
        "subcategory": _text("subcategory"),
        "list_price": _cents("list_price"),
        "unit_cost": _cents("unit_cost"),
        "currency": ("VARCHAR", "'EUR'"),
        "repeatable": ("BOOLEAN", "repeatable"),
        "active_from": ("DATE", "active_from::DATE"),
        "active_to": ("DATE", "active_to::DATE"),
        "updated_at": _UPDATED,
        "synced_at": _SYNCED,
    },
    "campaigns": {
        "campaign_id": _key("K", "number", 3),
        "campaign_name": _text("campaign_name"),
        "channel": _text("channel"),
        "objective": _text("objective"),
        "started_on": ("DATE", "started_on::DATE"),
        "ended_on": ("DATE", "ended_on::DATE"),
        "updated_at": _UPDATED,
        "synced_at": _SYNCED,
    },
    "campaign_spend": {
        "spend_id": _key("S", "number", 4),
        "spend_date": ("DATE", "spend_date::DATE"),
        "campaign_id": _key("K", "(campaign + 1)", 3),
        "channel": _text("channel"),
        "amount": _cents("amount"),
        "currency": _text("currency"),
        "updated_at": _UPDATED,
        "synced_at": _SYNCED,
    },
    "sales_reps": {
        "sales_rep_id": _key("R", "number", 2),
        "rep_name": _text("rep_name"),
        "team": _text("team"),
        "region": _text("region"),
        "hired_on": ("DATE", "hired_on::DATE"),
        "left_on": ("DATE", "left_on::DATE"),
        "updated_at": _UPDATED,
        "synced_at": _SYNCED,
    },
    "exchange_rates": {
        "rate_date": ("DATE", "rate_date::DATE"),
        "currency": _text("currency"),
        "rate_to_reporting": (RATE, f"(rate / 1000000)::{RATE}"),
    },
}


def _coded(codes, names):
    """Return a text column from category codes; -1 is null."""
    return pd.Categorical.from_codes(np.asarray(codes), names)


def _filled_patterns(place, number):
    """Fill in postal codes; a hundred per place keeps the list of texts small.

    Parameters
    ----------
    place : ndarray of int, shape (n,)
        Index into world.PLACES.
    number : ndarray of int, shape (n,)
        Random number; its last two digits are used.

    Returns
    -------
    pandas.Categorical, length n
    """
    letters = "ABDEFGHJLN"
    names = []
    for row in world.PLACES:
        for variant in range(100):
            text, digits = "", f"{variant:02d}" * 3
            for position, sign in enumerate(row[3]):
                if sign == "#":
                    sign = digits[position % 6]
                elif sign == "@":
                    sign = letters[(variant * 3 + position) % 10]
                text += sign
            names.append(text)
    unique = sorted(set(names))
    codes = np.array([unique.index(name) for name in names])
    return _coded(codes[place.astype(np.int64) * 100 + number % 100], unique)


def customers_frame(customers):
    """Return the frame of the customers table, one row per customer, by number."""
    region_names = sorted({row[1] for row in world.PLACES})
    city_names = sorted({row[2] for row in world.PLACES})
    regions = np.array([region_names.index(row[1]) for row in world.PLACES])
    cities = np.array([city_names.index(row[2]) for row in world.PLACES])
    male = customers.given >= len(world.FEMALE_NAMES)
    rep = customers.rep
    gone = (rep >= 0) & (company.rep_left_day()[rep] < world.PERIOD_DAYS)
    return pd.DataFrame(
        {
            "customer": np.arange(1, len(customers) + 1),
            "given": _coded(customers.given, world.GIVEN_NAMES),
            "family": _coded(customers.family, world.FAMILY_NAMES),
            "has_email": customers.has_email,
            "email_org": customers.email_org,
            "phone": customers.phone,
            "phone_pattern": _coded(customers.country, world.PHONES),
            "birth_day": customers.birth_day,
            "gender": _coded(np.where(customers.has_gender, male, -1), ["female", "male"]),
            "country": _coded(customers.country, world.COUNTRIES),
            "region": _coded(regions[customers.place], region_names),
            "city": _coded(cities[customers.place], city_names),
            "postal_code": _filled_patterns(customers.place, customers.postal_number),
            "customer_type": _coded(customers.customer_type, world.CUSTOMER_TYPES),
            "company_suffix": _coded(customers.industry, world.COMPANY_SUFFIXES),
            "industry": _coded(customers.industry, world.INDUSTRIES),
            "channel": _coded(customers.channel, processes.CHANNELS),
            "campaign": customers.campaign + 1,
            "rep": np.where(gone, company.rep_successor()[rep], rep) + 1,
            "referrer": customers.referrer + 1,
            "created_at": world.timestamps(customers.created),
            "updated_at": world.timestamps(customers.updated),
        }
    )


def orders_frame(orders, terms, totals):
    """Return the frame of the orders table, one row per order, by number."""
    guests = orders.defect == order_rules.DEFECT_NAMES.index("guest")
    guest_number = np.where(guests & (orders.second % 3 > 0), np.cumsum(guests), -1)
    cancelled_at = world.timestamps(terms.cancelled)
    cancelled_at[terms.cancelled < 0] = np.datetime64("NaT")
    currency = world.COUNTRY_CURRENCY[orders.country]
    return pd.DataFrame(
        {
            "order_number": np.arange(1, len(orders) + 1),
            "customer": orders.customer + 1,
            "guest_number": guest_number,
            "ordered_at": world.timestamps(orders.second),
            "status": _coded(terms.status, order_rules.STATUSES),
            "cancelled_at": cancelled_at,
            "order_type": _coded(terms.order_type, order_rules.ORDER_TYPES),
            "currency": _coded(currency, world.CURRENCIES),
            "order_channel": _coded(terms.order_channel, order_rules.ORDER_CHANNELS),
            "campaign": terms.campaign + 1,
            "rep": terms.rep + 1,
            "discount_code": _coded(terms.discount_code, order_rules.DISCOUNT_CODES),
            "discount": totals.discount,
            "shipping": totals.shipping,
            "shipping_cost": totals.shipping_cost,
            "tax": totals.tax,
            "prices_include_tax": orders.customer_type == world.CONSUMER,
            "payment_method": _coded(terms.payment_method, order_rules.PAYMENT_METHODS),
            "payment_fee": order_rules.payment_fees(terms.payment_method, totals.total),
            "total": totals.total,
            "updated_at": world.timestamps(terms.updated),
        }
    )


def lines_frame(lines, terms):
    """Return the frame of the order_lines table, one row per line, by number."""
    return pd.DataFrame(
        {
            "line_number": np.arange(1, len(lines) + 1),
            "order_number": lines.order + 1,
            "product": lines.product + 1,
            "quantity": lines.quantity,
            "unit_price": lines.unit_price,
            "discount": lines.discount,
            "tax": lines.tax,
            "unit_cost": lines.unit_cost,
            "line_type": _coded(lines.line_type, baskets.LINE_TYPES),
            "updated_at": world.timestamps(terms.updated[lines.order]),
        }
    )


def refunds_frame(drawn, orders):
    """Return the frame of the refunds table, one row per refund, by number."""
    currency = world.COUNTRY_CURRENCY[orders.country[drawn.order]]
    return pd.DataFrame(
        {
            "refund_number": np.arange(1, len(drawn) + 1),
            "order_number": drawn.order + 1,
            "line_number": drawn.line + 1,
            "refunded_at": world.timestamps(drawn.second),
            "amount": drawn.amount,
            "tax": drawn.tax,
            "shipping": drawn.shipping,
            "quantity": drawn.quantity,
            "restocked": drawn.restocked,
            "refund_type": _coded(drawn.refund_type, refunds.REFUND_TYPES),
            "currency": _coded(currency, world.CURRENCIES),
            "reason": _coded(drawn.reason, refunds.REASONS),
            "updated_at": world.timestamps(drawn.second + 1800),
        }
    )


def rows_sql(table, frame="frame"):
    """Spell the select of the contract's columns over a registered frame."""
    columns = [f"{sql} AS {name}" for name, (_, sql) in CONTRACT[table].items()]
    return f"SELECT {', '.join(columns)} FROM {frame}"


def fallback_margins_frame():
    """Return margins to assume where no cost is known, a row per category and one for all."""
    return pd.DataFrame(catalogue.FALLBACK_MARGINS, columns=["category", "margin_rate"])
