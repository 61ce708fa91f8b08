"""The runs that the tests look at: each is run once, and only if a collected test asks for it."""

import os
import random
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from tests.python.dbt.harness import (
    NO_TESTS,
    NO_UNIT_TESTS,
    ROOT,
    Run,
    dbt,
    project_with,
    raw_contract,
    run_dbt,
    tool,
    write_csv,
    write_parquet,
)
from tools.paths import demo_file

SCENARIOS = {}
AS_OF = "2024-03-31"
HOSTILE_DATE = "2025-01-01' as date) union all select 42 --"

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


ORDER = order(1, 1, "2024-03-01 10:00:00")


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
    """The two required tables as CSV; rows that are None make no file, no rows only the header."""
    folder.mkdir(parents=True)
    if customers is not None:
        columns = list(customers[0]) if customers else list(CUSTOMER_TYPES)
        write_csv(folder / "customers.csv", customers, columns)
    if orders is not None:
        columns = list(orders[0]) if orders else list(ORDER_TYPES)
        write_csv(folder / "orders.csv", orders, columns)


def on_folder(place, *arguments, **variables):
    """Build on the folder `crm`; all optional tables are off unless the variables say otherwise."""
    variables = {"raw_folder": str(place / "crm"), "crm_tables": [], **variables}
    return dbt(place, "build", *arguments, **variables)


def build(place, customers, orders, *arguments, **variables):
    """Build on a folder with the two required tables and no other."""
    write_folder(place / "crm", customers, orders)
    return on_folder(place, *arguments, **variables)


def without(row, *columns):
    return {name: value for name, value in row.items() if name not in columns}


def without_tables(*tables):
    """The optional raw tables but for these."""
    return [name for name in raw_contract() if name not in ("customers", "orders", *tables)]


# ---------- the demo


@scenario
def demo(place):
    """What `make build` makes; .ci/run has just called it, and names the file with what it said."""
    said = os.environ.get("CRM_CLTV_DEMO_BUILT")
    return Run(0, Path(said).read_text(), ROOT) if said else tool(place, "build")


@scenario
def demo_again(place):
    return dbt(place, "build", "--threads", "1", *NO_TESTS)


# ---------- folders that are small or odd, but right. Unit tests look at none: the demo runs them


@scenario
def trade_csv(place):
    return build(place, *trade(), *NO_UNIT_TESTS)


@scenario
def trade_parquet(place):
    customers, orders = trade()
    write_parquet(place / "crm" / "customers.parquet", customers, CUSTOMER_TYPES)
    write_parquet(place / "crm" / "orders.parquet", orders, ORDER_TYPES)
    return on_folder(place, *NO_TESTS)


@scenario
def trade_as_of(place):
    return build(place, *trade(), *NO_UNIT_TESTS, as_of_date=AS_OF)


@scenario
def trade_cut(place):
    """The folder as it was on the evening of the as-of date."""
    customers, orders = trade()
    customers = [row for row in customers if row["created_at"][:10] <= AS_OF]
    orders = [row for row in orders if row["updated_at"][:10] <= AS_OF]
    return build(place, customers, orders, *NO_TESTS, as_of_date=AS_OF)


@scenario
def forty_customers(place):
    """Two years of trade with forty customers: enough for every method but one."""
    customers, orders = trade()
    known = {row["customer_id"] for row in customers[:40]}
    orders = [row for row in orders if row["customer_id"] in known]
    return build(place, customers[:40], orders, *NO_UNIT_TESTS)


@scenario
def one_order(place):
    folder = place / "the firm's CRM"
    write_folder(folder, [customer(1)], [order(1, 1, "2024-06-01 10:00:00")])
    # dbt reads the project itself, as it does for every user
    variables = {"raw_folder": str(folder), "crm_tables": []}
    return run_dbt(place, None, "build", *NO_UNIT_TESTS, **variables)


@scenario
def one_day(place):
    customers = [customer(number) for number in range(1, 81)]
    orders = [
        order(number, 1 + number % 80, f"2024-06-01 {number % 24:02}:00:00")
        for number in range(120)
    ]
    return build(place, customers, orders, *NO_UNIT_TESTS)


@scenario
def empty_customers(place):
    orders = [order(1, None, "2024-06-01 10:00:00"), order(2, 7, "2024-06-02 10:00:00")]
    return build(place, [], orders, *NO_UNIT_TESTS)


@scenario
def empty_orders(place):
    return build(place, [customer(1), customer(2)], [], *NO_UNIT_TESTS)


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
    selected = (*NO_TESTS, "--select", "+fct_orders", "+dq_rejected_rows")
    return build(place, [customer(1)], orders, *selected, business_timezone="Europe/Berlin")


@scenario
def as_of_without_landing_time(place):
    row = without(ORDER, "synced_at", "updated_at")
    selected = (*NO_TESTS, "--select", "+fct_orders")
    return build(place, [customer(1)], [row], *selected, as_of_date=AS_OF)


# ---------- what outlives a build


@scenario
def ledger(place):
    """A ledger of May about six customers, and what the raw tables say of them in June."""
    customers = [
        customer(1),  # as before
        customer(2),  # wants to be forgotten
        customer(3),  # wants to be forgotten, and was sent twice
        customer(3, updated_at="2022-12-02 08:00:00"),
        # C4 is there no more
        customer(5, created_at="2025-07-02 08:00:00", updated_at="2025-07-02 08:00:00"),
        customer(6),  # sent twice
        customer(6, updated_at="2022-12-02 08:00:00"),
    ]
    write_folder(place / "crm", customers, [order(1, 1, "2025-06-30 10:00:00")])
    requests = [
        {"request_id": f"R{number}", "customer_id": f"C{number}", "requested_at": "2025-06-15"}
        for number in (2, 3)
    ]
    write_csv(place / "crm" / "erasure_requests.csv", requests)
    with duckdb.connect(str(place / "crm_cltv.duckdb")) as connection:
        connection.execute("create schema cltv_marts; create schema cltv_history")
        # what the ledger reads, so that nothing has to be predicted
        connection.execute(
            """
            create table cltv_marts.fct_customer_cltv as
            select
                'C1' as customer_key,
                date '2025-06-30' as as_of_date,
                'predicted' as prediction_status,
                'ensemble' as purchase_model,
                'B' as prediction_grade,
                cast(1 as decimal(18, 6)) as expected_orders_1m,
                cast(3 as decimal(18, 6)) as expected_orders_3m,
                cast(9 as decimal(18, 6)) as expected_orders_12m,
                cast(90 as decimal(18, 2)) as probabilistic_net_revenue_next_12m
            """
        )
        connection.execute(
            """
            create table cltv_history.log_predictions as
            select
                '2025-05-31|C' || n as log_id,
                date '2025-05-01' as forecast_month,
                date '2025-05-31' as as_of_date,
                'C' || n as customer_key,
                purchase_model,
                prediction_grade,
                expected_orders_1m,
                expected_orders_3m,
                expected_orders_12m,
                probabilistic_net_revenue_next_12m as expected_net_revenue_12m
            from cltv_marts.fct_customer_cltv, range(1, 7) as numbers (n)
            """
        )
    selected = (*NO_TESTS, "--select", "+base_crm__customers", "log_predictions")
    return on_folder(place, *selected, crm_tables=["erasure_requests"], as_of_date="2025-06-30")


# ---------- a model of the user's own beside the project's

# speaks of those who bought an odd number of times again, of some in words that are no number
OWN_MODEL = """
    select
        origin_id,
        customer_key,
        cast(case frequency when 1 then '100' when 3 then 'nan' else 'inf' end as double)
            as expected_net_revenue
    from {{ ref('int_purchase_histories') }}
    where origin_id <> 'month_before' and mod(frequency, 2) = 1
"""


def build_with_own(place, query, *arguments):
    """Build on the trade folder with one more model, which the variable names."""
    write_folder(place / "crm", *trade())
    return run_dbt(
        place,
        None,
        "build",
        *arguments,
        root=project_with(place, our_model=query),
        raw_folder=str(place / "crm"),
        crm_tables=[],
        own_prediction_model="our_model",
    )


@scenario
def own_model(place):
    selected = ("--select", "+fct_customer_cltv", "+fct_cltv_backtest")
    return build_with_own(place, OWN_MODEL, *NO_TESTS, *selected)


@scenario
def own_model_without_a_column(place):
    query = "select 'now' as origin_id, 'C1' as customer_key"
    selected = ("--select", "our_model", "int_own_predictions")
    return build_with_own(place, query, *NO_TESTS, *selected)


# ---------- optional tables that are off: the demo's files, but for those that are left out

MARKETING = ["campaigns", "campaign_spend", "touchpoints", "messages", "consents", "leads"]
SUPPORT = ["support_tickets", "survey_responses", "interactions"]
OPTIONAL = {
    "orders_only": [],
    "no_lines": without_tables("order_lines"),
    "no_refunds": without_tables("refunds"),
    "no_marketing": without_tables(*MARKETING),
    "no_support": without_tables(*SUPPORT),
    "subscriptions_only": ["subscriptions", "subscription_prices", "exchange_rates"],
    "everything": without_tables(),
}
# the two barest ones are held to every data test as well, and look back; no test reads what the
# others' back-test would say
TESTED = {"orders_only", "subscriptions_only"}


def demo_folder(name):
    """A scenario: a folder of the demo's files for some of the optional tables."""

    def build_it(place):
        tables = OPTIONAL[name]
        for table in ["customers", "orders", *tables]:
            (place / "crm").mkdir(exist_ok=True)
            (place / "crm" / f"{table}.csv").symlink_to(demo_file(table))
        listed = "all" if name == "everything" else tables
        if name in TESTED:
            return on_folder(place, *NO_UNIT_TESTS, crm_tables=listed)
        return on_folder(place, *NO_TESTS, crm_tables=listed, backtest_origins=0)

    return build_it


SCENARIOS |= {name: demo_folder(name) for name in OPTIONAL}


# ---------- raw tables that must be refused


@scenario
def orders_without_ordered_at(place):
    return build(place, [customer(1)], [without(ORDER, "ordered_at")])


@scenario
def customers_without_customer_id(place):
    return build(place, [without(customer(1), "customer_id")], [ORDER])


@scenario
def orders_without_landing_time(place):
    return build(place, [customer(1)], [without(ORDER, "synced_at", "updated_at")])


@scenario
def folder_without_orders(place):
    return build(place, [customer(1)], None)


@scenario
def folder_with_two_files_for_a_table(place):
    types = dict.fromkeys(customer(1), "varchar")
    write_parquet(place / "crm" / "customers.parquet", [customer(1)], types)
    write_csv(place / "crm" / "customers.csv", [customer(1)])
    write_csv(place / "crm" / "orders.csv", [ORDER])
    return on_folder(place)


@scenario
def unreadable_file(place):
    write_csv(place / "crm" / "customers.csv", [customer(1)])
    (place / "crm" / "orders.parquet").write_text("this is no Parquet file")
    return on_folder(place)


@scenario
def folder_absent(place):
    return on_folder(place)


@scenario
def optional_table_absent(place):
    return build(place, [customer(1)], [ORDER], crm_tables=["refunds"])


@scenario
def schema_without_customers(place):
    with duckdb.connect(str(place / "crm_cltv.duckdb")) as connection:
        connection.execute("create schema our_crm")
        connection.execute(
            "create table our_crm.orders as select '1' as order_id, now() as ordered_at, "
            "cast(1 as decimal(18, 2)) as total_amount, now() as synced_at"
        )
    return dbt(place, "build", raw_crm_schema="our_crm", crm_tables=[])


# ---------- variables that must be refused: one of each way in which they are; the rest is in
# test_variables.py


@scenario
def as_of_is_a_word(place):
    return build(place, [customer(1)], [ORDER], as_of_date="yesterday")


@scenario
def as_of_is_hostile(place):
    return dbt(place, "build", as_of_date=HOSTILE_DATE)


@scenario
def both_doors(place):
    return build(place, [customer(1)], [ORDER], raw_crm_schema="our_crm")


@scenario
def unknown_timezone(place):
    return build(place, [customer(1)], [ORDER], business_timezone="Europe/Atlantis")
