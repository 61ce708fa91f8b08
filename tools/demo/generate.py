"""The whole demo, from seed to files."""

from dataclasses import dataclass

import duckdb

from tools.demo import (
    baskets,
    catalogue,
    company,
    crm,
    dirt,
    dirt_crm,
    economics,
    erasure,
    payback,
    purchases,
    tables,
    writing,
)
from tools.demo import customers as people
from tools.demo import orders as order_rules
from tools.demo import refunds as refund_rules


@dataclass
class Drawn:
    """Everything that was simulated, as arrays."""

    customers: people.Customers
    bought: purchases.Purchases
    orders: order_rules.Orders
    terms: order_rules.Terms
    lines: baskets.Lines
    totals: baskets.Totals
    refunds: refund_rules.Refunds
    rates: object  # DataFrame, one row per business day and currency
    rate_by_day: object  # ndarray, shape (currencies, days)


def draw(seed, n_customers, defect_counts):
    """Simulate the retailer.

    Parameters
    ----------
    seed, n_customers : int
    defect_counts : dict of str to int
        Extra orders to draw for planting; empty for none.

    Returns
    -------
    Drawn
    """
    rates, rate_by_day = company.draw_rates(seed)
    customers = people.draw_customers(seed, n_customers)
    bought = purchases.draw_purchases(seed, customers)
    orders = order_rules.draw_orders(seed, customers, bought, defect_counts)
    terms = order_rules.draw_terms(seed, customers, orders)
    lines, totals = baskets.fill_baskets(seed, orders, terms, rate_by_day)
    refunds = refund_rules.draw_refunds(seed, orders, terms, lines, totals)
    return Drawn(customers, bought, orders, terms, lines, totals, refunds, rates, rate_by_day)


def _frames(seed, drawn):
    day = drawn.customers.first_time.astype("int64")
    return {
        "customers": tables.customers_frame(drawn.customers),
        "orders": tables.orders_frame(drawn.orders, drawn.terms, drawn.totals),
        "order_lines": tables.lines_frame(drawn.lines, drawn.terms),
        "refunds": tables.refunds_frame(drawn.refunds, drawn.orders),
        "products": catalogue.products_frame(),
        "campaigns": company.campaigns_frame(),
        "campaign_spend": company.draw_spend(
            seed, drawn.customers.campaign, day, len(drawn.customers)
        ),
        "sales_reps": company.sales_reps_frame(),
        "exchange_rates": drawn.rates,
    }


def generate(n_customers, seed, file_format, crm_folder, demo_folder, clean=False):
    """Simulate the retailer and write its raw tables and its truth.

    Parameters
    ----------
    n_customers, seed : int
    file_format : {'csv', 'parquet'}
        Parquet has native types, so that unreadable texts cannot be planted in it.
    crm_folder, demo_folder : pathlib.Path
        Existing folders for the raw tables and for the demo_* files.
    clean : bool
        Plant no defects.
    """
    as_text = file_format == "csv"
    counts = {} if clean else dirt.extra_order_counts(n_customers, as_text)
    drawn = draw(seed, n_customers, counts)
    frames = _frames(seed, drawn)
    known = crm.draw_crm(seed, drawn, frames)
    planted = economics.truth_rows(drawn.rate_by_day) + payback.truth_rows(drawn, known.frames)
    frames |= known.frames | economics.frames(n_customers)
    erased = []
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        planter = None
        if not clean:
            planter = dirt.plant(seed, connection, frames, drawn, as_text)
            dirt_crm.plant(planter, seed, frames, drawn)
            erased = erasure.plant(planter, seed, frames, drawn, known.changes)
        crm.append_orders(frames, known.changes, planter)
        for table in list(frames):
            # what a business knows of its own costs stands apart from its CRM
            folder = demo_folder if table in economics.CONTRACT else crm_folder
            path = folder / f"{table}.{file_format}"
            writing.write_table(connection, table, frames.pop(table), planter, path, file_format)
        writing.write_truth(
            connection, drawn.customers, drawn.bought, planter, planted, demo_folder, file_format
        )
        writing.write_crm_truth(connection, known, erased, demo_folder, file_format)
