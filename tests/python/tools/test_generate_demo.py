"""The demo generator: same seed, same files; exact money; planted truth and planted dirt."""

import csv
import filecmp
import math
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tests.python.tools.demo_judge import raw_contract
from tools import generate_demo
from tools.demo import customers as people
from tools.demo import processes, purchases, world

ROOT = Path(__file__).resolve().parents[3]
TABLES = [
    "customers",
    "orders",
    "order_lines",
    "refunds",
    "products",
    "campaigns",
    "campaign_spend",
    "sales_reps",
    "exchange_rates",
]
CRM_TABLES = [table for table in raw_contract() if table not in TABLES]  # test_generate_demo_crm
TRUTH = [
    "demo_truth_crm_changes",
    "demo_truth_support",
    "demo_truth_consents",
    "demo_truth_processes",
    "demo_truth_customers",
    "demo_planted_defects",
    "demo_truth_economics",
]
OWN_NUMBERS = ["cost_rates", "overheads", "fallback_margins"]  # the business's, beside its CRM

# the raw contract, written out: the generator must not drift from it
CONTRACT = {
    "customers": "customer_id email phone first_name last_name birth_date gender country region "
    "city postal_code customer_type company industry acquisition_channel acquisition_campaign_id "
    "sales_rep_id referred_by_customer_id created_at updated_at deleted_at synced_at",
    "orders": "order_id customer_id customer_email ordered_at status cancelled_at order_type "
    "subscription_id currency order_channel campaign_id sales_rep_id discount_code "
    "discount_amount shipping_amount shipping_cost tax_amount prices_include_tax payment_method "
    "payment_fee_amount loyalty_redeemed_amount total_amount updated_at synced_at",
    "order_lines": "order_line_id order_id product_id quantity unit_price discount_amount "
    "tax_amount unit_cost line_type updated_at synced_at",
    "refunds": "refund_id order_id order_line_id refunded_at amount tax_amount shipping_amount "
    "quantity restocked refund_type currency reason updated_at synced_at",
    "products": "product_id sku product_name category subcategory list_price unit_cost currency "
    "repeatable active_from active_to updated_at synced_at",
    "campaigns": "campaign_id campaign_name channel objective started_on ended_on updated_at "
    "synced_at",
    "campaign_spend": "spend_id spend_date campaign_id channel amount currency updated_at "
    "synced_at",
    "sales_reps": "sales_rep_id rep_name team region hired_on left_on updated_at synced_at",
    "exchange_rates": "rate_date currency rate_to_reporting",
}


def committed(name):
    folder = "demo" if name.startswith("demo_") or name in OWN_NUMBERS else "crm"
    return ROOT / "seeds" / folder / f"{name}.csv"


@cache
def rows(name):
    with committed(name).open(newline="") as file:
        return list(csv.DictReader(file))


@cache
def defects():
    return rows("demo_planted_defects")


def rejected_keys(table):
    return {
        row["record_key"]
        for row in defects()
        if row["table_name"] == table and row["treatment"] == "rejected"
    }


def run(*arguments):
    return generate_demo.main([str(argument) for argument in arguments])


# ------------------------------------------------------------------ same seed, same files


def test_two_runs_write_the_same_bytes_and_they_are_the_committed_ones(tmp_path):
    for name in ("one", "two"):
        assert run("--out", tmp_path / name) == 0
    for name in TABLES + CRM_TABLES + TRUTH:
        first, second = (tmp_path / folder / f"{name}.csv" for folder in ("one", "two"))
        assert filecmp.cmp(first, second, shallow=False), name
        assert filecmp.cmp(first, committed(name), shallow=False), name


def test_two_parquet_runs_write_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        assert run("--customers", 4000, "--format", "parquet", "--out", tmp_path / name) == 0
    for name in TABLES + CRM_TABLES + TRUTH:
        first, second = (tmp_path / folder / f"{name}.parquet" for folder in ("one", "two"))
        assert filecmp.cmp(first, second, shallow=False), name


def test_another_seed_writes_other_customers(tmp_path):
    for seed in (1, 2):
        run("--customers", 50, "--seed", seed, "--out", tmp_path / str(seed))
    first, second = ((tmp_path / folder / "customers.csv").read_bytes() for folder in "12")
    assert first != second


@pytest.mark.parametrize("n_customers", [1, 2, 15, 200])
@pytest.mark.parametrize("options", [["--format", "csv"], ["--format", "parquet"], ["--clean"]])
def test_a_demo_of_any_size_is_written(tmp_path, n_customers, options):
    assert run("--customers", n_customers, "--out", tmp_path, *options) == 0
    assert len(list(tmp_path.iterdir())) == len(TABLES + CRM_TABLES + TRUTH)


# ------------------------------------------------------------------ the contract


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_those_of_the_contract(table):
    assert " ".join(rows(table)[0]) == " ".join(CONTRACT[table].split())


def test_parquet_has_native_types(tmp_path):
    run("--customers", 300, "--format", "parquet", "--out", tmp_path)
    types = {}
    for table in TABLES:
        described = duckdb.sql(f"describe select * from '{tmp_path}/{table}.parquet'").fetchall()
        assert [row[0] for row in described] == CONTRACT[table].split()
        types |= {(table, row[0]): row[1] for row in described}
    assert types["orders", "total_amount"] == "DECIMAL(18,2)"
    assert types["orders", "ordered_at"] == "TIMESTAMP"
    assert types["orders", "prices_include_tax"] == "BOOLEAN"
    assert types["order_lines", "quantity"] == "INTEGER"
    assert types["exchange_rates", "rate_date"] == "DATE"
    assert types["customers", "birth_date"] == "DATE"
    # nothing else may hide in columns that a reader would have to cast
    assert types["customers", "customer_id"] == "VARCHAR"


def test_the_committed_files_stay_small():
    names = TABLES + CRM_TABLES + TRUTH
    assert sum(committed(name).stat().st_size for name in names) < 8_500_000


def test_people_are_made_up():
    emails = {row["email"].strip().lower() for row in rows("customers") if row["email"]}
    assert all(email.endswith(("@example.com", "@example.org")) for email in emails)
    fiction = ("+49 30 23125 ", "+33 1 99 00 ", "+44 20 7946 0", "+1 202 555 01", "+41 00 ")
    phones = {row["phone"] for row in rows("customers") if row["phone"]}
    assert all(phone.startswith(fiction) and "#" not in phone for phone in phones)


# ------------------------------------------------------------------ money


def lines_by_order():
    """Sum of the accepted lines per order: listed ones are left out, the newest version counts."""
    newest, bad = {}, rejected_keys("order_lines")
    doubled = Counter(row["order_line_id"] for row in rows("order_lines"))
    for row in rows("order_lines"):
        key = row["order_line_id"]
        if key in bad and doubled[key] == 1:
            continue
        if key not in newest or row["updated_at"] > newest[key]["updated_at"]:
            newest[key] = row
    sums = defaultdict(Decimal)
    for row in newest.values():
        gross = int(row["quantity"]) * Decimal(row["unit_price"])
        sums[row["order_id"]] += gross - Decimal(row["discount_amount"])
    return sums


def accepted_orders():
    """Orders that must be accepted, newest version of each."""
    newest, bad = {}, rejected_keys("orders")
    doubled = Counter(row["order_id"] for row in rows("orders"))
    for row in rows("orders"):
        key = row["order_id"]
        if key in bad and doubled[key] == 1:
            continue
        if key not in newest or row["updated_at"] > newest[key]["updated_at"]:
            newest[key] = row
    return list(newest.values())


def test_every_accepted_order_adds_up_to_the_cent():
    sums = lines_by_order()
    wrong = []
    for row in accepted_orders():
        total = sums[row["order_id"]] - Decimal(row["discount_amount"])
        total += Decimal(row["shipping_amount"])
        if row["prices_include_tax"] == "false":
            total += Decimal(row["tax_amount"])
        if total != Decimal(row["total_amount"]):
            wrong.append(row["order_id"])
    assert wrong == []


def test_consumers_pay_prices_with_tax_and_businesses_without():
    business = {
        row["customer_id"] for row in rows("customers") if row["customer_type"] == "business"
    }
    for row in accepted_orders():
        without_tax = row["prices_include_tax"] == "false"
        assert without_tax == (row["customer_id"] != "" and row["customer_id"] in business)


def test_prices_are_catalogue_prices():
    lists = {row["product_id"]: Decimal(row["list_price"]) for row in rows("products")}
    euro = {row["order_id"] for row in rows("orders") if row["currency"] == "EUR"}
    consumer = {row["order_id"] for row in rows("orders") if row["prices_include_tax"] == "true"}
    chosen, older = euro & consumer, rejected_keys("products")
    for row in rows("order_lines"):
        plain = row["line_type"] == "product" and row["unit_price"] not in ("abc", "0.00")
        if plain and row["order_id"] in chosen and row["product_id"] not in older:
            assert Decimal(row["unit_price"]) == lists[row["product_id"]], row


def test_one_category_has_no_costs_and_some_lines_miss_theirs():
    without = {row["category"] for row in rows("products") if not row["unit_cost"]}
    assert without == {"gift"}
    lines = [row for row in rows("order_lines") if row["line_type"] == "product"]
    assert 0.04 < sum(not row["unit_cost"] for row in lines) / len(lines) < 0.2
    margins = {row["category"]: float(row["margin_rate"]) for row in rows("fallback_margins")}
    assert {"all", "gift"} <= set(margins)
    assert all(0 < margin < 1 for margin in margins.values())


# ------------------------------------------------------------------ the shape of the business


def test_sizes_and_shares_are_those_of_a_small_shop():
    orders = rows("orders")
    status = Counter(row["status"] for row in orders)
    assert 9_000 <= len(orders) <= 11_500
    assert 15_000 <= len(rows("order_lines")) <= 18_500
    assert 0.025 < status["cancelled"] / len(orders) < 0.055
    assert 0.02 < status["returned"] / len(orders) < 0.04
    assert 0.04 < len({row["order_id"] for row in rows("refunds")}) / len(orders) < 0.08
    assert 0.15 < sum(row["currency"] != "EUR" for row in orders) / len(orders) < 0.3
    types = Counter(row["order_type"] for row in orders)
    assert 0.015 < types["subscription"] / len(orders) < 0.04
    assert 0 < types["replacement"] / len(orders) < 0.01
    pending = [row["ordered_at"] for row in orders if row["status"] == "pending"]
    listed = rejected_keys("orders")
    natural = [
        row["ordered_at"]
        for row in orders
        if row["status"] == "pending" and row["order_id"] not in listed
    ]
    assert 20 < len(natural) <= len(pending) < 100
    assert min(natural) >= "2025-06-28"


def test_rates_are_missing_at_weekends_only_for_days():
    dates = sorted({row["rate_date"] for row in rows("exchange_rates")})
    days = [datetime.fromisoformat(date) for date in dates]
    assert all(day.weekday() < 5 for day in days)
    assert max(after - before for before, after in pairwise(days)).days <= 5
    assert {row["currency"] for row in rows("exchange_rates")} == {"USD", "GBP", "CHF"}


def test_two_of_twelve_reps_left_and_take_no_orders_afterwards():
    reps = {row["sales_rep_id"]: row["left_on"] for row in rows("sales_reps")}
    assert len(reps) == 12
    assert sum(bool(left) for left in reps.values()) == 2
    for row in accepted_orders():
        left = reps.get(row["sales_rep_id"])
        assert not left or row["ordered_at"][:10] <= left


# ------------------------------------------------------------------ the planted processes


def bg_nbd_mean(r, alpha, a, b, t):
    """E[X(t)] of the BG/NBD: Fader, Hardie & Lee (2005), equation 9; 2F1 by its series."""
    z, term, series = t / (alpha + t), 1.0, 1.0
    for j in range(20_000):
        term *= (r + j) * (b + j) / ((a + b - 1 + j) * (j + 1)) * z
        series += term
    return (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * series)


def pure_cell():
    [cell] = [cell for cell in processes.CELLS if cell.pure]
    return cell


def test_the_simulated_bg_nbd_has_the_mean_of_its_closed_form():
    cell = pure_cell()
    n = 60_000
    first = np.zeros(n)
    who, time, _ = purchases.repeats(np.random.default_rng(7), cell, first)
    for weeks in (13, 52, 130):
        counts = np.bincount(who[time < weeks * 7], minlength=n)
        error = counts.std() / math.sqrt(n)
        assert abs(counts.mean() - bg_nbd_mean(**cell.purchase_params, t=weeks)) < 4 * error


def test_simulated_loss_in_the_bg_nbd_is_that_of_its_repeats():
    # after t weeks a customer without a repeat is alive for certain
    cell = pure_cell()
    n = 20_000
    first = np.full(n, world.PERIOD_DAYS - 30 * 7.0)
    who, time, alive = purchases.repeats(np.random.default_rng(8), cell, first)
    before = np.bincount(who[time < world.PERIOD_DAYS], minlength=n)
    after = np.bincount(who[time >= world.PERIOD_DAYS], minlength=n)
    assert (alive[before == 0] == purchases.ALIVE).all()
    assert (after[alive == purchases.LOST] == 0).all()


def test_the_committed_demo_shows_the_planted_bg_nbd():
    cell = pure_cell()
    members = {
        row["customer_id"]
        for row in rows("customers")
        if row["acquisition_channel"] == "email" and row["customer_type"] == "consumer"
    }
    days = defaultdict(set)
    for row in accepted_orders():
        if row["customer_id"] in members and row["status"] == "completed":
            assert row["order_type"] == "one_off"
            days[row["customer_id"]].add(row["ordered_at"][:10])
    assert set(days) == members
    end = datetime(2025, 7, 1)
    repeats = np.array([len(dates) - 1 for dates in days.values()])
    ages = [(end - datetime.fromisoformat(min(dates))).days - 0.5 for dates in days.values()]
    expected = np.mean([bg_nbd_mean(**cell.purchase_params, t=age / 7) for age in ages[::5]])
    assert abs(repeats.mean() - expected) < 4 * repeats.std() / math.sqrt(len(repeats))


def test_nothing_but_the_process_happens_to_the_pure_cell():
    members = {
        row["customer_id"]
        for row in rows("customers")
        if row["acquisition_channel"] == "email" and row["customer_type"] == "consumer"
    }
    orders = {row["order_id"]: row for row in rows("orders") if row["customer_id"] in members}
    assert {row["status"] for row in orders.values()} <= {"completed", "cancelled", "pending"}
    refunded = {row["order_id"] for row in rows("refunds") if row["refund_type"] != "cancellation"}
    settled = {key for key, row in orders.items() if row["status"] == "completed"}
    assert not settled & (refunded - rejected_keys("refunds") - rejected_keys("orders"))


def test_written_orders_are_worth_what_was_planned():
    # gamma-gamma of the pure cell: E[z] = p v / (q - 1) in EUR without tax and shipping
    rates = {
        (row["rate_date"], row["currency"]): row["rate_to_reporting"]
        for row in rows("exchange_rates")
    }
    levels = defaultdict(list)
    for (_, currency), rate in rates.items():
        if rate != "n/a":
            levels[currency].append(float(rate))
    level = {currency: float(np.median(values)) for currency, values in levels.items()}
    members = {
        row["customer_id"]: 0.0
        for row in rows("customers")
        if row["acquisition_channel"] == "email"
    }
    worth = defaultdict(list)
    for row in accepted_orders():
        if row["customer_id"] in members and row["status"] == "completed":
            net = Decimal(row["total_amount"]) - Decimal(row["tax_amount"])
            net -= Decimal(row["shipping_amount"]) / Decimal("1.16")
            worth[row["customer_id"]].append(float(net) * level.get(row["currency"], 1.0))
    means = np.array([np.mean(values) for values in worth.values()])
    params = pure_cell().spend_params
    expected = params["p"] * params["v"] / (params["q"] - 1)
    assert abs(means.mean() - expected) < 4 * means.std() / math.sqrt(len(means))


def simulated(n=60_000):
    customers = people.draw_customers(11, n)
    return customers, purchases.draw_purchases(11, customers)


def test_channels_differ_in_value_as_planned():
    customers, bought = simulated()
    past = bought.time < world.PERIOD_DAYS
    value = np.bincount(bought.customer[past], weights=bought.value[past], minlength=len(customers))
    consumer = customers.customer_type == world.CONSUMER
    mean = {
        name: value[consumer & (customers.channel == index)].mean()
        for index, name in enumerate(processes.CHANNELS[:-1])
    }
    others = [mean[name] for name in ("organic_search", "paid_search", "email", "direct")]
    assert mean["referral"] > 1.5 * max(others)
    assert max(mean["paid_social"], mean["affiliate"]) < 0.75 * min(others)
    field_sales = customers.channel == processes.CHANNELS.index("field_sales")
    assert value[field_sales].mean() > 5 * mean["referral"]


def test_field_sales_has_a_heavy_tail():
    customers, bought = simulated()
    field_sales = processes.CHANNELS.index("field_sales")
    chosen = customers.channel[bought.customer] == field_sales
    values = bought.value[chosen]
    email = bought.value[customers.pure[bought.customer]]
    # the largest hundredth of the orders carries much more than it does in a gamma world
    share = [np.sort(v)[-len(v) // 100 :].sum() / v.sum() for v in (values, email)]
    assert share[0] > 0.1
    assert share[0] > 1.5 * share[1]
    assert values.max() <= processes.VALUE_CAP


def test_paid_social_buys_half_as_often_since_its_break():
    customers, bought = simulated(200_000)
    social = customers.channel == processes.CHANNELS.index("paid_social")
    first = customers.first_time
    weeks = bought.time - first[bought.customer]
    early = (weeks < 90) & ~bought.first
    counts = np.bincount(bought.customer[early], minlength=len(customers))
    # the same calendar months of two years, so that the season is the same
    since = social & (first >= world.day_of("2024-09-01")) & (first < world.day_of("2025-03-01"))
    before = social & (first >= world.day_of("2023-09-01")) & (first < world.day_of("2024-03-01"))
    assert abs(counts[since].mean() / counts[before].mean() - 0.5) < 0.06


def test_part_of_the_affiliates_sleeps_until_the_spring_campaign():
    customers, bought = simulated(200_000)
    affiliate = customers.channel == processes.CHANNELS.index("affiliate")
    repeat = affiliate[bought.customer] & ~bought.first
    repeat &= customers.first_time[bought.customer] < world.day_of("2024-10-01")
    day = bought.time[repeat]
    spring = processes.REACTIVATION_DAY
    before = ((day >= spring - 60) & (day < spring)).sum()
    after = ((day >= spring) & (day < spring + 60)).sum()
    assert after > 1.25 * before


def test_november_and_december_are_the_peak_where_there_is_a_season():
    customers, bought = simulated(200_000)
    seasonal = np.array([cell.seasonal for cell in processes.CELLS])[customers.cell]
    month = world.month_of_days(purchases.HORIZON_DAYS + 1)[bought.time.astype(int)]
    for chosen, low, high in ((seasonal, 1.45, 2.0), (~seasonal, 0.85, 1.15)):
        # October to December of 2024, when customers come and go evenly
        window = (bought.time >= world.day_of("2024-10-01")) & (bought.time < 731)
        counts = np.bincount(month[window & ~bought.first & chosen[bought.customer]], minlength=13)
        assert low < counts[11] / 30 / (counts[10] / 31) < high
        assert low < counts[12] / 31 / (counts[10] / 31) < high


def test_the_truth_of_customers_is_about_the_customers():
    truth = rows("demo_truth_customers")
    keys = {row["customer_id"] for row in rows("customers") if row["customer_id"].strip()}
    assert {row["customer_id"] for row in truth} == keys - {"NULL"}
    for row in truth:
        assert int(row["true_orders_next_12m"]) <= int(row["true_orders_next_24m"])
        if row["true_alive_at_end"] == "false":
            assert row["true_orders_next_24m"] == "0"
        if row["acquisition_channel"] == "direct" and row["customer_type"] == "consumer":
            assert row["true_alive_at_end"] == ""  # a process without death


def test_truth_rows_name_every_cell_and_parameter():
    truth = rows("demo_truth_processes")
    cells = {(row["acquisition_channel"], row["customer_type"]) for row in truth}
    assert cells == {(c.channel, world.CUSTOMER_TYPES[c.customer_type]) for c in processes.CELLS}
    email = {row["parameter"]: float(row["value"]) for row in truth if row["process"] == "bg_nbd"}
    assert email == pure_cell().purchase_params


# ------------------------------------------------------------------ the planted dirt

PLANTED = {
    ("customers", "superseded_duplicate"): 15,
    ("customers", "same_email_merged"): 25,
    ("customers", "blank_text"): 20,
    ("customers", "trimmed_text"): 20,
    ("customers", "leading_zero_kept"): 10,
    ("customers", "unreadable_optional_value"): 8,
    ("customers", "missing_key"): 3,
    ("orders", "superseded_duplicate"): 20,
    ("orders", "orphan_customer"): 10,
    ("orders", "bad_value"): 8,
    ("orders", "missing_value"): 2,
    ("orders", "future_date"): 1,
    ("orders", "implausible_date"): 2,
    ("orders", "not_a_sale"): 7,
    ("orders", "no_rate"): 6,
    ("orders", "unknown_value"): 3,
    ("orders", "negative_amount"): 2,
    ("orders", "guest"): 80 + 3,  # with the orders of erased customers
    ("orders", "blank_text"): 10,
    ("orders", "trimmed_text"): 10,
    ("order_lines", "superseded_duplicate"): 15,
    ("order_lines", "not_positive_quantity"): 6,
    ("order_lines", "bad_value"): 3,
    ("refunds", "refund_exceeds_order"): 5,
    ("refunds", "refund_before_order"): 3,
    ("refunds", "superseded_duplicate"): 5,
    ("refunds", "negative_amount"): 2,
    ("refunds", "bad_value"): 2,
    ("products", "superseded_duplicate"): 3,
    ("products", "blank_text"): 2,
    ("campaigns", "superseded_duplicate"): 1,
    ("campaigns", "trimmed_text"): 2,
    ("campaign_spend", "superseded_duplicate"): 3,
    ("campaign_spend", "negative_amount"): 2,
    ("campaign_spend", "no_rate"): 2,
    ("campaign_spend", "bad_value"): 2,
    ("sales_reps", "superseded_duplicate"): 1,
    ("exchange_rates", "superseded_duplicate"): 3,
    ("exchange_rates", "negative_amount"): 1,
    ("exchange_rates", "bad_value"): 1,
}
BLANK = {"", "null"}


def test_as_many_defects_are_planted_as_are_promised():
    found = Counter()
    for row in defects():
        if row["table_name"] in TABLES and row["treatment"] != "erased":
            found[row["table_name"], row["code"]] += int(row["row_count"])
    orphans = {key: found.pop((key, "orphan_order")) for key in ("order_lines", "refunds")}
    assert found == PLANTED
    chosen = Counter((row["table_name"], row["defect"]) for row in defects())
    assert chosen["order_lines", "orphan_order"] == 8
    assert chosen["refunds", "orphan_order"] == 4
    assert orphans["order_lines"] > 8 + 30
    assert orphans["refunds"] > 4


def test_a_row_is_rejected_for_one_reason_only():
    keys = Counter(
        (row["table_name"], row["record_key"])
        for row in defects()
        if row["treatment"] == "rejected"
    )
    assert max(keys.values()) == 1


def test_texts_are_untidy_only_where_it_is_written_down():
    listed = {
        (row["table_name"], row["record_key"], row["code"])
        for row in defects()
        if row["table_name"] in TABLES and row["code"] in ("trimmed_text", "blank_text")
    }
    found = set()
    allowed = {("customers", "", "blank_text"), ("customers", "NULL", "blank_text")}
    for table in TABLES:
        key = next(iter(rows(table)[0]))
        for row in rows(table):
            for column, text in row.items():
                if column == key or (table, column) == ("orders", "ordered_at"):
                    continue
                if text and text.strip().lower() in BLANK:
                    found.add((table, row[key], "blank_text"))
                elif text != text.strip():
                    found.add((table, row[key], "trimmed_text"))
    assert found - allowed == listed


def read_time(text):
    for pattern in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(text.strip(), pattern)
        except ValueError:
            continue
    return None


def read_number(text):
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def is_blank(text):
    return text.strip().lower() in BLANK


RULES = {
    "customers": ("customer_id",),
    "orders": ("order_id",),
    "order_lines": ("order_line_id",),
    "refunds": ("refund_id",),
    "products": ("product_id",),
    "campaigns": ("campaign_id",),
    "campaign_spend": ("spend_id",),
    "sales_reps": ("sales_rep_id",),
    "exchange_rates": ("rate_date", "currency"),
}
REQUIRED = {
    "orders": {"ordered_at": read_time, "total_amount": read_number},
    "order_lines": {"order_id": str, "quantity": read_number, "unit_price": read_number},
    "refunds": {"order_id": str, "refunded_at": read_time, "amount": read_number},
    "campaign_spend": {"spend_date": read_time, "amount": read_number, "currency": str},
    "exchange_rates": {"rate_to_reporting": read_number},
}
ACCEPTED = {
    ("orders", "status"): {"pending", "completed", "cancelled", "returned", "test"},
    ("orders", "order_type"): {"one_off", "subscription", "replacement"},
    ("order_lines", "line_type"): {"product", "gift_card", "fee"},
    ("refunds", "refund_type"): {"refund", "return", "chargeback", "cancellation"},
    ("campaigns", "objective"): {"acquire", "retain", "win_back"},
}
EVENT = {"orders": "ordered_at", "refunds": "refunded_at", "campaign_spend": "spend_date"}
NOT_NEGATIVE = {
    "orders": "total_amount",
    "order_lines": "unit_price",
    "refunds": "amount",
    "campaign_spend": "amount",
}


def own_reason(table, row):
    """The first rule that the row breaks by itself."""
    if any(is_blank(row[name]) for name in RULES[table]):
        return "missing_key"
    for name, reader in REQUIRED.get(table, {}).items():
        if not is_blank(row[name]) and reader(row[name]) is None:
            return "bad_value"
    if any(is_blank(row[name]) for name in REQUIRED.get(table, {})):
        return "missing_value"
    for (owner, name), values in ACCEPTED.items():
        if owner == table and row[name] not in values:
            return "unknown_value"
    if table in EVENT:
        at = read_time(row[EVENT[table]])
        if at < datetime(1990, 1, 1):
            return "implausible_date"
        if at > read_time(row["synced_at"]):
            return "future_date"
    if table in NOT_NEGATIVE and read_number(row[NOT_NEGATIVE[table]]) < 0:
        return "negative_amount"
    if table == "exchange_rates" and read_number(row["rate_to_reporting"]) <= 0:
        return "negative_amount"
    if table == "order_lines" and read_number(row["quantity"]) <= 0:
        return "not_positive_quantity"
    return None


@cache
def judged():
    """Every raw row of every table with the reason that the project's rules give it."""
    reasons = {}
    for table in TABLES:
        reason = [own_reason(table, row) for row in rows(table)]
        winner = {}
        for index, row in enumerate(rows(table)):
            key = tuple(row[name] for name in RULES[table])
            if reason[index] is None:
                best = winner.get(key)
                if best is None:
                    winner[key] = index
                elif row.get("updated_at", "") > rows(table)[best].get("updated_at", ""):
                    reason[best], winner[key] = "superseded_duplicate", index
                else:
                    reason[index] = "superseded_duplicate"
        reasons[table] = reason
    judge_references(reasons)
    return reasons


def judge_references(reasons):
    rates = {
        (row["rate_date"], row["currency"])
        for row, reason in zip(rows("exchange_rates"), reasons["exchange_rates"], strict=True)
        if reason is None
    }

    def has_rate(currency, at):
        days = (str((at - timedelta(days=back)).date()) for back in range(11))
        return currency == "EUR" or any((day, currency) in rates for day in days)

    def accepted(table, name):
        pairs = zip(rows(table), reasons[table], strict=True)
        return {row[name]: row for row, reason in pairs if reason is None}

    people_known = accepted("customers", "customer_id")
    for index, row in enumerate(rows("orders")):
        if reasons["orders"][index] is None:
            if row["customer_id"] and row["customer_id"] not in people_known:
                reasons["orders"][index] = "orphan_customer"
            elif not has_rate(row["currency"], read_time(row["ordered_at"])):
                reasons["orders"][index] = "no_rate"
    orders_known = accepted("orders", "order_id")
    for table in ("order_lines", "refunds"):
        for index, row in enumerate(rows(table)):
            if reasons[table][index] is None and row["order_id"] not in orders_known:
                reasons[table][index] = "orphan_order"
    for index, row in enumerate(rows("campaign_spend")):
        if reasons["campaign_spend"][index] is None:
            if not has_rate(row["currency"], read_time(row["spend_date"])):
                reasons["campaign_spend"][index] = "no_rate"
    refunded = defaultdict(Decimal)
    by_time = sorted(
        (row["refunded_at"], index)
        for index, row in enumerate(rows("refunds"))
        if reasons["refunds"][index] is None
    )
    for at, index in by_time:
        row = rows("refunds")[index]
        order = orders_known[row["order_id"]]
        assert has_rate(row["currency"], read_time(at))
        if at < order["ordered_at"]:
            reasons["refunds"][index] = "refund_before_order"
            continue
        refunded[row["order_id"]] += Decimal(row["amount"])
        if refunded[row["order_id"]] > Decimal(order["total_amount"]) + Decimal("0.01"):
            reasons["refunds"][index] = "refund_exceeds_order"


@pytest.mark.parametrize("table", TABLES)
def test_the_rules_reject_exactly_what_was_planted(table):
    """An independent reading of the rules finds the listed rows, and no other."""
    found = Counter()
    for row, reason in zip(rows(table), judged()[table], strict=True):
        if reason is not None:
            key = "|".join(row[name] for name in RULES[table])
            found["" if reason == "missing_key" else key, reason] += 1
    planted = Counter()
    for row in defects():
        if row["table_name"] == table and row["treatment"] == "rejected":
            planted[row["record_key"], row["code"]] += int(row["row_count"])
    assert found == planted


def test_the_same_person_twice_has_one_email_and_orders_under_both_keys():
    with_orders = {row["customer_id"] for row in accepted_orders()}
    by_email = defaultdict(set)
    for row in rows("customers"):
        if row["email"] and not is_blank(row["customer_id"]):
            by_email[row["email"].strip().lower()].add(row["customer_id"])
    twins = [sorted(keys) for keys in by_email.values() if len(keys) > 1]
    listed = {row["record_key"] for row in defects() if row["code"] == "same_email_merged"}
    assert {keys[-1] for keys in twins} == listed
    assert all(len(keys) == 2 and set(keys) <= with_orders for keys in twins)


def test_the_large_orders_were_cancelled_within_minutes():
    keys = {row["record_key"] for row in defects() if row["defect"] == "large_cancelled"}
    orders = [row for row in rows("orders") if row["order_id"] in keys]
    assert len(orders) == 2
    for row in orders:
        assert Decimal(row["total_amount"]) >= 25_000
        assert row["status"] == "cancelled"
        waited = read_time(row["cancelled_at"]) - read_time(row["ordered_at"])
        assert waited < timedelta(minutes=15)


def test_a_clean_demo_has_no_defects(tmp_path):
    run("--customers", 800, "--format", "parquet", "--clean", "--out", tmp_path)
    read = f"select count(*) from '{tmp_path}/%s.parquet'"
    assert duckdb.sql(read % "demo_planted_defects").fetchall() == [(0,)]
    for table, key in (("orders", "order_id"), ("customers", "customer_id")):
        distinct = f"select count(*) - count(distinct {key}) from '{tmp_path}/{table}.parquet'"
        assert duckdb.sql(distinct).fetchall() == [(0,)]
    guests = f"select count(*) from '{tmp_path}/orders.parquet' where customer_id is null"
    assert duckdb.sql(guests).fetchall() == [(0,)]


# ------------------------------------------------------------------ bad arguments


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--customers", "0"], "--customers must be at least 1"),
        (["--customers", "-5"], "--customers must be at least 1"),
        (["--customers", "many"], "invalid int value"),
        (["--format", "xml"], "--format must be one of csv, parquet"),
        (["--format", "parquet"], "needs --out"),
        (["--seed", "-1"], "--seed must not be negative"),
        (["--colour", "blue"], "unrecognized arguments"),
        (["--out", "{file}"], "cannot create the folder"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(tmp_path, arguments, words):
    file = tmp_path / "a file"
    file.write_text("")
    arguments = [argument.replace("{file}", str(file)) for argument in arguments]
    command = [sys.executable, "-m", "tools.generate_demo", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_file_that_cannot_be_written_is_refused_in_one_line(tmp_path, capsys):
    (tmp_path / "customers.csv").mkdir()
    assert run("--customers", 5, "--out", tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 1
