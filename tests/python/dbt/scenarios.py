"""The runs that the tests look at: each is run once, and only if a collected test asks for it."""

import random
from datetime import datetime, timedelta

import duckdb

from tests.python.dbt.harness import NO_TESTS, dbt, tool, write_csv, write_parquet

SCENARIOS = {}
AS_OF = "2024-03-31"
HOSTILE_DATE = "2025-01-01' as date) union all select 42 --"
ABSENT_FOLDER = "no_such_folder"

CUSTOMER_TYPES = {
    "customer_id": "varchar",
    "email": "varchar",
    "country": "varchar",
    "acquisition_channel": "varchar",
    "created_at": "timestamp",
    "updated_at": "timestamp",
    "synced_at": "timestamp",
}
ORDER_TYPES = {
    "order_id": "varchar",
    "customer_id": "varchar",
    "ordered_at": "timestamptz",
    "status": "varchar",
    "currency": "varchar",
    "discount_amount": "decimal(18, 2)",
    "shipping_amount": "double",
    "tax_amount": "decimal(9, 2)",
    "prices_include_tax": "boolean",
    "total_amount": "decimal(18, 2)",
    "updated_at": "timestamp",
    "synced_at": "timestamptz",
}


def scenario(function):
    SCENARIOS[function.__name__] = function
    return function


def customer(number, **values):
    """One raw customer; every column a text."""
    return {
        "customer_id": f"C{number}",
        "email": f"c{number}@example.org",
        "country": "DE",
        "acquisition_channel": "paid_search",
        "created_at": "2022-12-01 08:00:00",
        "updated_at": "2022-12-01 08:00:00",
        "synced_at": "2025-01-01 02:00:00",
        **values,
    }


def order(number, customer_number, ordered_at, **values):
    """One raw order; every column a text."""
    return {
        "order_id": f"O{number}",
        "customer_id": f"C{customer_number}" if customer_number else "",
        "ordered_at": ordered_at,
        "status": "completed",
        "currency": "EUR",
        "discount_amount": "0.00",
        "shipping_amount": "0.0",
        "tax_amount": "1.60",
        "prices_include_tax": "true",
        "total_amount": "10.00",
        "updated_at": "2023-01-01 00:00:00",
        "synced_at": "2025-01-01 02:00:00+00",
        **values,
    }


def trade():
    """Seventy customers who buy for two years: enough to be predicted. The same rows every time."""
    draw = random.Random(20240101)
    customers, orders = [], []
    for number in range(1, 71):
        first = datetime(2023, 1, 1, 9) + timedelta(days=draw.randrange(600))
        customers.append(customer(number, created_at=str(first), updated_at=str(first)))
        moment, rate = first, draw.gammavariate(1.2, 0.015)
        while moment < datetime(2024, 12, 31):
            offset = draw.choice([0, 2, 5])
            orders.append(
                order(
                    len(orders) + 1,
                    number,
                    f"{moment + timedelta(hours=offset)}+0{offset}:00",
                    total_amount=f"{draw.lognormvariate(3.5, 0.5):.2f}",
                    shipping_amount="4.5",
                    updated_at=str(moment),
                )
            )
            moment += timedelta(days=1 + int(draw.expovariate(rate)))
            if draw.random() < 0.15:
                break
    orders[3]["status"] = "cancelled"
    orders[5]["customer_id"] = "C999"  # nobody: rejected with its reason
    return customers, orders


def write_folder(folder, customers, orders):
    write_csv(folder / "customers.csv", customers, list(CUSTOMER_TYPES))
    write_csv(folder / "orders.csv", orders, list(ORDER_TYPES))
    return str(folder)


def build_folder(place, customers, orders, *arguments, folder="crm", **variables):
    """Everything, on a folder with the two required tables and no other."""
    raw_folder = write_folder(place / folder, customers, orders)
    return dbt(place, "build", *arguments, **{"crm_tables": [], **variables}, raw_folder=raw_folder)


# ---------- the demo


@scenario
def demo(place):
    return tool(place, "build")


@scenario
def demo_again(place):
    return dbt(place, "build", "--threads", "1", *NO_TESTS)


# ---------- folders that are small or odd, but right


@scenario
def trade_csv(place):
    return build_folder(place, *trade())


@scenario
def trade_parquet(place):
    customers, orders = trade()
    write_parquet(place / "crm" / "customers.parquet", customers, CUSTOMER_TYPES)
    write_parquet(place / "crm" / "orders.parquet", orders, ORDER_TYPES)
    return dbt(place, "build", *NO_TESTS, raw_folder=str(place / "crm"), crm_tables=[])


@scenario
def trade_as_of(place):
    return build_folder(place, *trade(), as_of_date=AS_OF)


@scenario
def trade_cut(place):
    """The folder as it was on the evening of the as-of date."""
    customers, orders = trade()
    customers = [row for row in customers if row["created_at"][:10] <= AS_OF]
    orders = [row for row in orders if row["updated_at"][:10] <= AS_OF]
    return build_folder(place, customers, orders, *NO_TESTS, as_of_date=AS_OF)


@scenario
def one_order(place):
    return build_folder(
        place, [customer(1)], [order(1, 1, "2024-06-01 10:00:00")], folder="the firm's CRM"
    )


@scenario
def one_day(place):
    customers = [customer(number) for number in range(1, 81)]
    orders = [
        order(number, 1 + number % 80, f"2024-06-01 {number % 24:02}:00:00") for number in range(120)
    ]
    return build_folder(place, customers, orders)


@scenario
def empty_customers(place):
    orders = [order(1, None, "2024-06-01 10:00:00"), order(2, 7, "2024-06-02 10:00:00")]
    return build_folder(place, [], orders)


@scenario
def empty_orders(place):
    return build_folder(place, [customer(1), customer(2)], [])


@scenario
def berlin_clock(place):
    orders = [
        order(1, 1, "2024-06-01 23:30:00"),  # 1:30 on the 2nd in Berlin
        order(2, 1, "2024-06-01T23:30:00+02:00"),  # 21:30 UTC: still the 1st in Berlin
        order(3, 1, "2024-06-01 20:30:00-05:00"),  # 1:30 UTC on the 2nd
        order(4, 1, "2024-12-31T23:30:00Z"),  # the next year in Berlin
        order(5, 1, "2099-01-01 00:00:00"),
        order(6, 1, "2024-06-01 21:59:59"),  # the last second of the 1st in Berlin
        order(7, 1, "2024-06-01 22:00:00"),
    ]
    return build_folder(
        place,
        [customer(1)],
        orders,
        *NO_TESTS,
        "--select",
        "+fct_orders",
        "+dq_rejected_rows",
        business_timezone="Europe/Berlin",
    )


# ---------- raw tables that must be refused


def refuse(place, customers=None, orders=None, **variables):
    """A build on one customer and one order, changed as the scenario says."""
    folder = place / "crm"
    customers = [customer(1)] if customers is None else customers
    orders = [order(1, 1, "2024-06-01 10:00:00")] if orders is None else orders
    folder.mkdir(parents=True)
    if customers:
        write_csv(folder / "customers.csv", customers)
    if orders:
        write_csv(folder / "orders.csv", orders)
    return dbt(place, "build", **{"raw_folder": str(folder), "crm_tables": [], **variables})


@scenario
def orders_without_ordered_at(place):
    row = order(1, 1, "")
    del row["ordered_at"]
    return refuse(place, orders=[row])


@scenario
def customers_without_customer_id(place):
    row = customer(1)
    del row["customer_id"]
    return refuse(place, customers=[row])


@scenario
def orders_without_landing_time(place):
    row = order(1, 1, "2024-06-01 10:00:00")
    del row["synced_at"], row["updated_at"]
    return refuse(place, orders=[row])


@scenario
def orders_without_landing_time_but_as_of(place):
    row = order(1, 1, "2024-06-01 10:00:00")
    del row["synced_at"], row["updated_at"]
    write_csv(place / "crm" / "customers.csv", [customer(1)])
    write_csv(place / "crm" / "orders.csv", [row])
    return dbt(
        place,
        "build",
        *NO_TESTS,
        "--select",
        "+fct_orders",
        raw_folder=str(place / "crm"),
        crm_tables=[],
        as_of_date="2024-12-31",
    )


@scenario
def folder_without_orders(place):
    return refuse(place, orders=[])


@scenario
def folder_with_two_files_for_a_table(place):
    write_parquet(
        place / "crm" / "customers.parquet", [customer(1)], dict.fromkeys(customer(1), "varchar")
    )
    write_csv(place / "crm" / "customers.csv", [customer(1)])
    write_csv(place / "crm" / "orders.csv", [order(1, 1, "2024-06-01")])
    return dbt(place, "build", raw_folder=str(place / "crm"), crm_tables=[])


@scenario
def folder_absent(place):
    return dbt(place, "build", raw_folder=str(place / ABSENT_FOLDER), crm_tables=[])


@scenario
def optional_table_absent(place):
    return refuse(place, crm_tables=["refunds"])


@scenario
def schema_without_customers(place):
    place.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(place / "crm_cltv.duckdb")) as connection:
        connection.execute("create schema our_crm")
        connection.execute(
            "create table our_crm.orders as select '1' as order_id, now() as ordered_at, "
            "cast(1 as decimal(18, 2)) as total_amount, now() as synced_at"
        )
    return dbt(place, "build", raw_crm_schema="our_crm", crm_tables=[])


@scenario
def unreadable_file(place):
    write_csv(place / "crm" / "customers.csv", [customer(1)])
    (place / "crm" / "orders.parquet").write_text("this is no Parquet file")
    return dbt(place, "build", raw_folder=str(place / "crm"), crm_tables=[])


# ---------- variables that must be refused


@scenario
def as_of_is_a_word(place):
    return dbt(place, "build", as_of_date="yesterday")


@scenario
def as_of_does_not_exist(place):
    return dbt(place, "build", as_of_date="2025-02-30")


@scenario
def as_of_is_hostile(place):
    return dbt(place, "build", as_of_date=HOSTILE_DATE)


@scenario
def both_doors(place):
    return refuse(place, raw_crm_schema="our_crm")


@scenario
def unknown_table(place):
    return refuse(place, crm_tables=["invoices"])


@scenario
def unknown_timezone(place):
    return refuse(place, business_timezone="Europe/Atlantis")
