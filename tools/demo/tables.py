"""The raw contract of the demo's tables, and the SQL that turns drawn numbers into its rows.

Frames hold numbers and category codes only; keys, names and money become text and decimals in
DuckDB. The tables beyond orders are spelled in `crm_tables`.
"""

import numpy as np
import pandas as pd

from tools.demo import baskets, company, processes, refunds, world
from tools.demo import orders as order_rules
from tools.demo.columns import (
    CAMPAIGN,
    CUSTOMER,
    MONEY,
    ORDER,
    PRODUCT,
    RATE,
    REP,
    SYNCED,
    TIME,
    UPDATED,
    cents,
    coded,
    key,
    nothing,
    number,
    text,
)
from tools.demo.crm_tables import CRM_CONTRACT
from tools.demo.economics import CONTRACT as ECONOMICS_CONTRACT

SALES_CONTRACT = {
    "customers": {
        "customer_id": CUSTOMER,
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
        "first_name": text("given"),
        "last_name": text("family"),
        "birth_date": (
            "DATE",
            "CASE WHEN birth_day >= 0 THEN DATE '1940-01-01' + birth_day::INTEGER END",
        ),
        "gender": text("gender"),
        "country": text("country"),
        "region": text("region"),
        "city": text("city"),
        "postal_code": text("postal_code"),
        "customer_type": text("customer_type"),
        "company": (
            "VARCHAR",
            "CASE WHEN company_suffix IS NOT NULL"
            " THEN family::VARCHAR || ' Demo ' || company_suffix::VARCHAR END",
        ),
        "industry": text("industry"),
        "acquisition_channel": text("channel"),
        "acquisition_campaign_id": CAMPAIGN,
        "sales_rep_id": REP,
        "referred_by_customer_id": key("C", "referrer", 6),
        "created_at": (TIME, "created_at"),
        "updated_at": UPDATED,
        "deleted_at": nothing(TIME),
        "synced_at": SYNCED,
    },
    "orders": {
        "order_id": ORDER,
        "customer_id": CUSTOMER,
        "customer_email": (
            "VARCHAR",
            "CASE WHEN guest_number >= 0 THEN 'guest' || guest_number || '@example.org' END",
        ),
        "ordered_at": (TIME, "ordered_at"),
        "status": text("status"),
        "cancelled_at": (TIME, "cancelled_at"),
        "order_type": text("order_type"),
        "subscription_id": nothing(),
        "currency": text("currency"),
        "order_channel": text("order_channel"),
        "campaign_id": CAMPAIGN,
        "sales_rep_id": REP,
        "discount_code": text("discount_code"),
        "discount_amount": cents("discount"),
        "shipping_amount": cents("shipping"),
        "shipping_cost": cents("shipping_cost"),
        "tax_amount": cents("tax"),
        "prices_include_tax": ("BOOLEAN", "prices_include_tax"),
        "payment_method": text("payment_method"),
        "payment_fee_amount": cents("payment_fee"),
        "loyalty_redeemed_amount": (MONEY, f"0::{MONEY}"),
        "total_amount": cents("total"),
        "updated_at": UPDATED,
        "synced_at": SYNCED,
    },
    "order_lines": {
        "order_line_id": key("L", "line_number", 7),
        "order_id": ORDER,
        "product_id": PRODUCT,
        "quantity": number("quantity"),
        "unit_price": cents("unit_price"),
        "discount_amount": cents("discount"),
        "tax_amount": cents("tax"),
        "unit_cost": cents("unit_cost"),
        "line_type": text("line_type"),
        "updated_at": UPDATED,
        "synced_at": SYNCED,
    },
    "refunds": {
        "refund_id": key("F", "refund_number", 6),
        "order_id": ORDER,
        "order_line_id": key("L", "line_number", 7),
        "refunded_at": (TIME, "refunded_at"),
        "amount": cents("amount"),
        "tax_amount": cents("tax"),
        "shipping_amount": cents("shipping"),
        "quantity": number("quantity"),
        "restocked": ("BOOLEAN", "nullif(restocked, -1) = 1"),
        "refund_type": text("refund_type"),
        "currency": text("currency"),
        "reason": text("reason"),
        "updated_at": UPDATED,
        "synced_at": SYNCED,
    },
    "products": {
        "product_id": key("P", "number", 3),
        "sku": ("VARCHAR", "upper(left(category, 3)) || '-' || (1000 + number)"),
        "product_name": text("product_name"),
        "category": text("category"),
        "subcategory": text("subcategory"),
        "list_price": cents("list_price"),
        "unit_cost": cents("unit_cost"),
        "currency": ("VARCHAR", "'EUR'"),
        "repeatable": ("BOOLEAN", "repeatable"),
        "active_from": ("DATE", "active_from::DATE"),
        "active_to": ("DATE", "active_to::DATE"),
        "updated_at": UPDATED,
        "synced_at": SYNCED,
    },
    "campaigns": {
        "campaign_id": key("K", "number", 3),
        "campaign_name": text("campaign_name"),
        "channel": text("channel"),
        "objective": text("objective"),
        "started_on": ("DATE", "started_on::DATE"),
        "ended_on": ("DATE", "ended_on::DATE"),
        "updated_at": UPDATED,
        "synced_at": SYNCED,
    },
    "campaign_spend": {
        "spend_id": key("S", "number", 4),
        "spend_date": ("DATE", "spend_date::DATE"),
        "campaign_id": key("K", "(campaign + 1)", 3),
        "channel": text("channel"),
        "amount": cents("amount"),
        "currency": text("currency"),
        "updated_at": UPDATED,
        "synced_at": SYNCED,
    },
    "sales_reps": {
        "sales_rep_id": key("R", "number", 2),
        "rep_name": text("rep_name"),
        "team": text("team"),
        "region": text("region"),
        "hired_on": ("DATE", "hired_on::DATE"),
        "left_on": ("DATE", "left_on::DATE"),
        "updated_at": UPDATED,
        "synced_at": SYNCED,
    },
    "exchange_rates": {
        "rate_date": ("DATE", "rate_date::DATE"),
        "currency": text("currency"),
        "rate_to_reporting": (RATE, f"(rate / 1000000)::{RATE}"),
    },
}
CONTRACT = SALES_CONTRACT | CRM_CONTRACT | ECONOMICS_CONTRACT


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
    return coded(codes[place.astype(np.int64) * 100 + number % 100], unique)


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
            "given": coded(customers.given, world.GIVEN_NAMES),
            "family": coded(customers.family, world.FAMILY_NAMES),
            "has_email": customers.has_email,
            "email_org": customers.email_org,
            "phone": customers.phone,
            "phone_pattern": coded(customers.country, world.PHONES),
            "birth_day": customers.birth_day,
            "gender": coded(np.where(customers.has_gender, male, -1), ["female", "male"]),
            "country": coded(customers.country, world.COUNTRIES),
            "region": coded(regions[customers.place], region_names),
            "city": coded(cities[customers.place], city_names),
            "postal_code": _filled_patterns(customers.place, customers.postal_number),
            "customer_type": coded(customers.customer_type, world.CUSTOMER_TYPES),
            "company_suffix": coded(customers.industry, world.COMPANY_SUFFIXES),
            "industry": coded(customers.industry, world.INDUSTRIES),
            "channel": coded(customers.channel, processes.CHANNELS),
            "campaign": customers.campaign + 1,
            "rep": np.where(gone, company.rep_successor()[rep], rep) + 1,
            "referrer": customers.referrer + 1,
            "created_at": world.timestamps(customers.created),
            "updated_at": world.timestamps(customers.updated),
        }
    )


def orders_frame(orders, terms, totals, first=1):
    """Return the frame of the orders table, one row per order, numbered from `first` on."""
    guests = orders.defect == order_rules.DEFECT_NAMES.index("guest")
    guest_number = np.where(guests & (orders.second % 3 > 0), np.cumsum(guests), -1)
    cancelled_at = world.timestamps(terms.cancelled)
    cancelled_at[terms.cancelled < 0] = np.datetime64("NaT")
    currency = world.COUNTRY_CURRENCY[orders.country]
    return pd.DataFrame(
        {
            "order_number": np.arange(first, first + len(orders)),
            "customer": orders.customer + 1,
            "guest_number": guest_number,
            "ordered_at": world.timestamps(orders.second),
            "status": coded(terms.status, order_rules.STATUSES),
            "cancelled_at": cancelled_at,
            "order_type": coded(terms.order_type, order_rules.ORDER_TYPES),
            "currency": coded(currency, world.CURRENCIES),
            "order_channel": coded(terms.order_channel, order_rules.ORDER_CHANNELS),
            "campaign": terms.campaign + 1,
            "rep": terms.rep + 1,
            "discount_code": coded(terms.discount_code, order_rules.DISCOUNT_CODES),
            "discount": totals.discount,
            "shipping": totals.shipping,
            "shipping_cost": totals.shipping_cost,
            "tax": totals.tax,
            "prices_include_tax": orders.customer_type == world.CONSUMER,
            "payment_method": coded(terms.payment_method, order_rules.PAYMENT_METHODS),
            "payment_fee": order_rules.payment_fees(terms.payment_method, totals.total),
            "total": totals.total,
            "updated_at": world.timestamps(terms.updated),
        }
    )


def lines_frame(lines, terms, first=1, first_order=1):
    """Return the frame of the order_lines table, one row per line, numbered from `first` on."""
    return pd.DataFrame(
        {
            "line_number": np.arange(first, first + len(lines)),
            "order_number": lines.order + first_order,
            "product": lines.product + 1,
            "quantity": lines.quantity,
            "unit_price": lines.unit_price,
            "discount": lines.discount,
            "tax": lines.tax,
            "unit_cost": lines.unit_cost,
            "line_type": coded(lines.line_type, baskets.LINE_TYPES),
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
            "refund_type": coded(drawn.refund_type, refunds.REFUND_TYPES),
            "currency": coded(currency, world.CURRENCIES),
            "reason": coded(drawn.reason, refunds.REASONS),
            "updated_at": world.timestamps(drawn.second + 1800),
        }
    )


def rows_sql(table, frame="frame"):
    """Spell the select of the contract's columns over a registered frame."""
    columns = [f"{sql} AS {name}" for name, (_, sql) in CONTRACT[table].items()]
    return f"SELECT {', '.join(columns)} FROM {frame}"
