"""The demo's tables beyond orders: clean rows are clean, dirt is found, effects are there."""

import csv
import math
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

import duckdb
import numpy as np
import pytest
import yaml

from tests.python.tools.demo_judge import END, ROOT, Judge, raw_contract, read_time
from tools import generate_demo

SIZES = {
    "touchpoints": 7000,
    "messages": 8000,
    "interactions": 5000,
    "support_tickets": 2100,
    "survey_responses": 1550,
    "customer_rep_assignments": 400,
    "loyalty_movements": 4000,
    "subscriptions": 300,
    "subscription_prices": 420,
    "consents": 5400,
    "crm_changes": 7,
    "crm_change_arms": 7,
    "crm_change_assignments": 1800,
    "crm_usage": 1500,
    "leads": 1500,
    "opportunities": 490,
    "migration_counts": 33,
    "erasure_requests": 6,
}
TRUTH = ["demo_truth_crm_changes", "demo_truth_support", "demo_truth_consents"]


def run(*arguments):
    assert generate_demo.main([str(argument) for argument in arguments]) == 0


@pytest.fixture(scope="module")
def demo():
    """The committed demo."""
    return Judge(ROOT / "seeds" / "crm", ROOT / "seeds" / "demo")


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A demo from another seed, smaller."""
    folder = tmp_path_factory.mktemp("other")
    run("--customers", 900, "--seed", 7, "--out", folder)
    return Judge(folder)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A demo without planted defects."""
    folder = tmp_path_factory.mktemp("clean")
    run("--customers", 900, "--seed", 8, "--clean", "--out", folder)
    return Judge(folder)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A larger demo as Parquet."""
    folder = tmp_path_factory.mktemp("large")
    run("--customers", 20_000, "--seed", 9, "--format", "parquet", "--out", folder)
    return folder


@cache
def committed(name):
    with (ROOT / "seeds" / "demo" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def planted(judge, table, treatment):
    found = Counter()
    for row in judge.rows("demo_planted_defects"):
        if row["table_name"] == table and row["treatment"] == treatment:
            found[row["record_key"], row["code"]] += int(row["row_count"])
    return found


# ------------------------------------------------------------------ the contract


@pytest.mark.parametrize("table", SIZES)
def test_columns_are_those_of_the_contract(demo, table):
    _, _, columns = raw_contract()[table]
    with (ROOT / "seeds" / "crm" / f"{table}.csv").open(newline="") as file:
        assert next(csv.reader(file)) == list(columns)
    seeds = yaml.safe_load((ROOT / "seeds" / "crm" / "_crm__seeds.yml").read_text())["seeds"]
    [seed] = [seed for seed in seeds if seed["name"] == table]
    assert seed["config"]["column_types"] == dict.fromkeys(columns, "varchar")
    assert len(demo.rows(table)) == pytest.approx(SIZES[table], rel=0.1)


def test_parquet_has_the_columns_of_the_contract_and_as_many_rows_per_customer(large):
    for table, size in SIZES.items():
        described = duckdb.sql(f"describe select * from '{large}/{table}.parquet'").fetchall()
        types = {row[0]: row[1] for row in described}
        columns = raw_contract()[table][2]
        assert list(types) == list(columns)
        for name, (kind, _, _) in columns.items():
            families = {
                "text": ["VARCHAR"],
                "timestamp": ["TIMESTAMP"],
                "date": ["DATE"],
                "boolean": ["BOOLEAN"],
                "integer": ["INTEGER"],
            }
            numbers = ["INTEGER", "DECIMAL(18,2)", "DECIMAL(18,3)", "DECIMAL(18,4)"]
            assert types[name] in families.get(kind, numbers), (table, name)
        [(count,)] = duckdb.sql(f"select count(*) from '{large}/{table}.parquet'").fetchall()
        if size > 300 and table != "crm_usage":  # the reps do not grow in number
            assert count == pytest.approx(size / 3000 * 20_000, rel=0.15), table


# ------------------------------------------------------------------ clean rows and planted dirt


@pytest.mark.parametrize("table", SIZES)
def test_the_rules_reject_exactly_what_was_planted(demo, other, table):
    for judge in (demo, other):
        assert judge.rejected(table) == planted(judge, table, "rejected")


@pytest.mark.parametrize("table", SIZES)
def test_the_rules_repair_exactly_what_was_planted(demo, other, table):
    for judge in (demo, other):
        assert judge.repaired(table) == planted(judge, table, "repaired")


@pytest.mark.parametrize("table", SIZES)
def test_a_clean_demo_has_nothing_to_reject_or_repair(clean, table):
    assert clean.rejected(table) == Counter()
    assert clean.repaired(table) == Counter()
    assert clean.rows("demo_planted_defects") == []


@pytest.mark.parametrize("table", SIZES)
def test_nothing_happens_after_the_data_end(demo, clean, table):
    _, _, columns = raw_contract()[table]
    for judge in (demo, clean):
        for row in judge.accepted(table):
            for name, (kind, _, _) in columns.items():
                if kind in ("timestamp", "date") and name not in ("synced_at", "expires_at"):
                    at = judge.value(table, row, name)
                    if name == "trial_ends_on":
                        continue  # a day that was agreed on
                    assert at is None or at < END, (table, row)


def test_every_kind_of_defect_is_there():
    codes = defaultdict(set)
    for row in committed("demo_planted_defects"):
        codes[row["code"]].add(row["table_name"])
    assert set(SIZES) <= codes["superseded_duplicate"]
    for code, tables in {
        "orphan_rep": {"customer_rep_assignments", "crm_usage"},
        "orphan_subscription": {"subscription_prices"},
        "orphan_change": {"crm_change_arms", "crm_change_assignments"},
        "two_arms": {"crm_change_assignments"},
        "ends_before_start": set(BACKWARDS),
        "overlapping_subscription": {"subscriptions"},
        "double_response": {"survey_responses"},
        "score_out_of_scale": {"survey_responses"},
        "negative_count": {"crm_usage"},
        "recorded_out_of_order": {"consents"},
        "migration_difference": {"migration_counts"},
        "unknown_customer": {"erasure_requests"},
        "unpriced_subscription": {"subscriptions"},
    }.items():
        assert codes[code] == tables, code
    negative = {"messages", "opportunities", "crm_changes", "subscription_prices"}
    assert codes["negative_amount"] & set(SIZES) == negative
    assert codes["no_rate"] & set(SIZES) == negative | {"loyalty_movements"}
    assert codes["contradicting_value"] == CONTRADICTING


CONTRADICTING = {
    "touchpoints",
    "messages",
    "interactions",
    "support_tickets",
    "leads",
    "opportunities",
}
BACKWARDS = ["customer_rep_assignments", "subscriptions", "subscription_prices"]


def test_a_record_has_one_defect_at_most():
    found = Counter(
        (row["table_name"], row["record_key"]) for row in committed("demo_planted_defects")
    )
    doubled = {key for key, count in found.items() if count > 1 and key[0] in SIZES}
    assert doubled == set()


# ------------------------------------------------------------------ erasure


def test_erased_customers_carry_no_other_defect_and_every_row_of_theirs_is_listed(demo):
    erased = {row["customer_id"] for row in demo.accepted("erasure_requests")} & demo.customers
    assert len(erased) == 3
    for table in raw_contract():
        if table in ("erasure_requests", "leads") or "customer_id" not in demo.rows(table)[0]:
            continue
        theirs = [row for row in demo.rows(table) if row["customer_id"] in erased]
        keys = Counter(demo.key(table, row) for row in theirs)
        treatment, code = ("kept", "guest") if table == "orders" else ("erased", "erased")
        listed = planted(demo, table, treatment)
        assert {key: listed[key, code] for key in keys} == keys
        assert all((key, "erased") not in listed for key in set(listed) - set(keys))
    others = [r for r in committed("demo_planted_defects") if r["treatment"] == "erased"]
    assert {row["table_name"] for row in others} >= {"customers", "messages", "consents"}
    assert not {row["customer_id"] for row in committed("demo_truth_consents")} & erased


# ------------------------------------------------------------------ consents


def state_of(row):
    if row["granted"] != "true":
        return False
    expires = read_time(row["expires_at"]) if row["expires_at"] else None
    return expires is None or expires > END


def test_the_row_recorded_last_gives_the_state_that_is_written_down(demo):
    latest = {}
    for row in demo.accepted("consents"):
        what = row["customer_id"], row["purpose"], row["channel"]
        if what not in latest or row["recorded_at"] > latest[what]["recorded_at"]:
            latest[what] = row
    erased = {row["customer_id"] for row in demo.accepted("erasure_requests")}
    truth = {
        (row["customer_id"], row["purpose"], row["channel"]): row["granted"] == "true"
        for row in committed("demo_truth_consents")
    }
    assert truth == {what: state_of(row) for what, row in latest.items() if what[0] not in erased}
    states = Counter(row["state"] for row in committed("demo_truth_consents"))
    assert min(states[name] for name in ("granted", "never_granted", "withdrawn", "expired")) > 20


def test_marketing_goes_only_to_those_who_allow_it(clean):
    log = defaultdict(list)
    for row in clean.rows("consents"):
        if row["channel"] == "email":
            log[row["customer_id"]].append((row["recorded_at"], row["granted"] == "true"))
    for row in clean.rows("messages"):
        if row["purpose"] == "marketing":
            before = [granted for at, granted in log[row["customer_id"]] if at <= row["sent_at"]]
            assert before and before[-1], row


def test_who_unsubscribes_has_withdrawn_the_consent(clean):
    withdrawn = {
        (row["customer_id"], row["recorded_at"])
        for row in clean.rows("consents")
        if row["source"] == "unsubscribe_link"
    }
    left = [row for row in clean.rows("messages") if row["unsubscribed_at"]]
    assert len(left) > 20
    assert all((row["customer_id"], row["unsubscribed_at"]) in withdrawn for row in left)


# ------------------------------------------------------------------ what belongs together


def test_the_last_touch_before_a_first_order_is_mostly_on_the_acquisition_channel(demo):
    won_by = {row["customer_id"]: row["acquisition_channel"] for row in demo.rows("customers")}
    orders = {row["order_id"]: row for row in demo.rows("orders")}
    same = total = 0
    for row in demo.accepted("touchpoints"):
        if row["order_id"]:
            assert orders[row["order_id"]]["customer_id"] == row["customer_id"]
            total += 1
            same += row["channel"] == won_by[row["customer_id"]]
    assert 0.55 < same / total < 0.85


def test_nobody_ever_has_less_than_no_points(clean):
    balance = defaultdict(int)
    for row in clean.rows("loyalty_movements"):
        sign = 1 if row["movement_type"] == "earn" else -1
        assert int(row["points"]) > 0
        balance[row["customer_id"]] += sign * int(row["points"])
        assert balance[row["customer_id"]] >= 0
        assert bool(row["order_id"]) == (sign > 0)


def test_customers_have_one_rep_at_a_time_and_it_is_the_one_of_their_orders(clean):
    spans = defaultdict(list)
    for row in clean.rows("customer_rep_assignments"):
        until = row["unassigned_on"] or "2099-01-01"
        spans[row["customer_id"]].append((row["assigned_on"], until, row["sales_rep_id"]))
    assert any(len(of_one) > 1 for of_one in spans.values())
    for of_one in spans.values():
        for (_, until, _), (since, _, _) in pairwise(of_one):
            assert datetime.fromisoformat(since) - datetime.fromisoformat(until) == timedelta(1)
    for row in clean.rows("orders"):
        if row["sales_rep_id"]:
            day = row["ordered_at"][:10]
            [rep] = [r for since, until, r in spans[row["customer_id"]] if since <= day <= until]
            assert rep == row["sales_rep_id"]


def test_prices_follow_each_other_and_end_with_their_contract(clean):
    prices = defaultdict(list)
    for row in clean.rows("subscription_prices"):
        prices[row["subscription_id"]].append(row)
    steps = Counter()
    for contract in clean.rows("subscriptions"):
        own = prices.pop(contract["subscription_id"])
        assert own[0]["valid_from"] == contract["started_on"]
        assert own[-1]["valid_to"] == contract["ended_on"]
        for before, after in pairwise(own):
            gap = read_time(after["valid_from"]) - read_time(before["valid_to"])
            assert gap == timedelta(1)
            steps[float(after["monthly_amount"]) > float(before["monthly_amount"])] += 1
    assert not prices
    assert min(steps[True], steps[False]) > 2
    reasons = Counter(row["end_reason"] for row in clean.rows("subscriptions"))
    assert set(reasons) == {"", "voluntary", "payment_failure", "switched"}


def test_coffee_boxes_cost_what_their_orders_come_to(demo):
    totals = defaultdict(list)
    for row in demo.rows("orders"):
        if row["order_type"] == "subscription":
            totals[row["customer_id"]].append(float(row["total_amount"]))
    boxes = {
        row["subscription_id"]: row["customer_id"]
        for row in demo.accepted("subscriptions")
        if row["plan"] == "coffee_box"
    }
    assert set(boxes.values()) == set(totals)
    for row in demo.accepted("subscription_prices"):
        if row["subscription_id"] in boxes:
            own = totals[boxes[row["subscription_id"]]]
            assert float(row["monthly_amount"]) == pytest.approx(np.mean(own), abs=0.011)


# ------------------------------------------------------------------ planted effects


def effect(change, metric):
    [row] = [
        row
        for row in committed("demo_truth_crm_changes")
        if (row["change_id"], row["metric"]) == (change, metric)
    ]
    return float(row["true_effect"])


def arms(judge, change):
    found = defaultdict(set)
    for row in judge.accepted("crm_change_assignments"):
        if row["change_id"] == change:
            found[row["arm"]].add(row["customer_id"])
    return found


def test_the_randomised_arms_are_even_and_were_alike_before(demo):
    of = arms(demo, "CH01")
    assert abs(len(of["reminder"]) - len(of["no_reminder"])) <= 1
    counts = Counter(
        row["customer_id"] for row in demo.rows("orders") if row["ordered_at"] < "2024-10-01"
    )
    groups = [np.array([counts[who] for who in of[arm]]) for arm in ("reminder", "no_reminder")]
    error = math.sqrt(sum(group.var() / len(group) for group in groups))
    assert abs(groups[0].mean() - groups[1].mean()) < 3 * error


def test_the_reminder_added_the_orders_that_the_truth_tells(demo):
    """The difference between the arms is the planted effect within its sampling error."""
    of = arms(demo, "CH01")
    inside = [
        row
        for row in demo.rows("orders")
        if "2024-10-01" <= row["ordered_at"] < "2025-03-30" and row["status"] != "cancelled"
    ]
    newest = {row["order_id"]: row for row in sorted(inside, key=lambda row: row["updated_at"])}
    counts = Counter(row["customer_id"] for row in newest.values())
    groups = [np.array([counts[who] for who in of[arm]]) for arm in ("reminder", "no_reminder")]
    error = math.sqrt(sum(group.var() / len(group) for group in groups))
    difference = groups[0].mean() - groups[1].mean()
    true = effect("CH01", "orders_per_customer")
    assert abs(difference - true) < 2.5 * error
    assert difference > 2 * error  # strong enough to be found
    assert true * len(of["reminder"]) == pytest.approx(len(appended(demo)), abs=0.01)


def appended(judge):
    """The orders behind all others: ids go on after a gap that the doubled rows left."""
    rows = judge.rows("orders")
    cut = next(i for i in range(len(rows) - 1, 0, -1) if rows[i]["ordered_at"] >= "2025-06-01")
    return rows[cut + 1 :]


def test_the_appended_orders_are_those_of_reached_customers_inside_the_window(demo):
    exposed = {
        row["customer_id"]: row["exposed_on"]
        for row in demo.accepted("crm_change_assignments")
        if row["change_id"] == "CH01"
    }
    added = appended(demo)
    assert 120 < len(added) < 220
    assert len({row["order_id"] for row in demo.rows("orders")}) == len(demo.rows("orders")) - 20
    for row in added:
        assert exposed[row["customer_id"]] < row["ordered_at"] < "2025-03-30"
        assert row["status"] == "completed"
    lines = defaultdict(float)
    for row in demo.rows("order_lines")[-len(added) * 4 :]:
        net = int(row["quantity"]) * float(row["unit_price"]) - float(row["discount_amount"])
        lines[row["order_id"]] += net
    for row in added:
        total = lines[row["order_id"]] - float(row["discount_amount"])
        assert total + float(row["shipping_amount"]) == pytest.approx(float(row["total_amount"]))


def hours(row):
    if not row["first_response_at"]:
        return None
    took = read_time(row["first_response_at"]) - read_time(row["opened_at"])
    return took.total_seconds() / 3600


def test_the_new_desk_halves_the_time_to_first_response(large):
    """Business customers' tickets, before and after the start of their own rep."""
    query = f"""
        select
            a.assigned_on <= t.opened_at as treated, s.slow, avg(hours), var_samp(hours), count(*)
        from (
            select *, date_diff('second', opened_at, first_response_at) / 3600 as hours
            from '{large}/support_tickets.parquet'
        ) as t
        join '{large}/crm_change_assignments.parquet' as a
            on a.customer_id = t.customer_id and a.change_id = 'CH02' and a.arm = 'new_desk'
        cross join lateral (select t.hours >= 13 as slow) as s
        where t.hours > 0
        group by all order by all
    """
    means = {(row[0], row[1]): row[2:] for row in duckdb.sql(query).fetchall()}
    for slow in (False, True):
        (after, var_after, n_after), (before, var_before, n_before) = (
            means[treated, slow] for treated in (True, False)
        )
        assert min(n_after, n_before) > 40
        error = math.sqrt(var_after / n_after + 0.25 * var_before / n_before)
        # the tail of fast answers under the old desk lies above the cut: the mean of both is kept
        assert abs(after - before / 2) < 4 * error + 0.08 * before


def test_slow_answers_go_with_lost_customers(demo):
    truth = {row["parameter"]: float(row["value"]) for row in committed("demo_truth_support")}
    lost_if_slow = truth["slow_tickets_then_lost"] / truth["slow_tickets"]
    lost_if_fast = truth["fast_tickets_then_lost"] / truth["fast_tickets"]
    assert lost_if_slow > lost_if_fast + 0.15
    lost = truth["slow_tickets_then_lost"] + truth["fast_tickets_then_lost"]
    share = truth["slow_tickets_then_lost"] / lost
    error = math.sqrt(share * (1 - share) / lost)
    assert abs(share - truth["after_ticket_lost"]) < 3 * error
    # and it can be seen in the raw tables: whoever waited more than a day is alive less often
    alive = {
        row["customer_id"]: row["true_alive_at_end"] == "true"
        for row in committed("demo_truth_customers")
        if row["true_alive_at_end"]
    }
    groups = {True: [], False: []}
    for row in demo.accepted("support_tickets"):
        if hours(row) is not None and row["customer_id"] in alive:
            groups[hours(row) > 24].append(alive[row["customer_id"]])
    assert np.mean(groups[True]) < np.mean(groups[False]) - 0.08


def test_reps_use_the_crm_more_with_the_new_desk(clean):
    starts = {}
    for row in clean.rows("crm_change_assignments"):
        if row["arm"] == "new_desk":
            start = starts.get(row["unit_id"], row["assigned_on"])
            starts[row["unit_id"]] = min(start, row["assigned_on"])
    logins = defaultdict(list)
    for row in clean.rows("crm_usage"):
        assert read_time(row["week_start"]).weekday() == 0
        if row["sales_rep_id"] in starts:
            after = row["week_start"] >= starts[row["sales_rep_id"]]
            logins[row["sales_rep_id"], after].append(int(row["logins"]))
    for rep in starts:
        assert np.mean(logins[rep, True]) > np.mean(logins[rep, False])


def test_the_migration_lost_two_refunds(demo):
    sides = defaultdict(dict)
    for row in demo.accepted("migration_counts"):
        what = row["table_name"], row["measure"], row["column_name"]
        sides[what][row["side"]] = float(row["value"])
    assert all(set(both) == {"before", "after"} for both in sides.values())
    differing = {what for what, both in sides.items() if both["before"] != both["after"]}
    assert {what[0] for what in differing} == {"refunds"}
    lost = sides["refunds", "rows", "*"]
    assert lost["before"] - lost["after"] == 2
