"""Optional tables switch off, one by one and all together: everything builds all the same."""

import csv

import pytest

from tests.python.dbt.harness import raw_contract
from tests.python.dbt.scenarios import OPTIONAL
from tools.paths import demo_file

CASES = [pytest.param(name, marks=pytest.mark.scenario(name), id=name) for name in OPTIONAL]


def raw_row_counts(tables):
    """Raw table → rows of the demo's file; 0 where the table is off."""
    counts = dict.fromkeys(raw_contract(), 0)
    for table in ["customers", "orders", *tables]:
        with demo_file(table).open(newline="") as stream:
            counts[table] = sum(1 for _ in csv.DictReader(stream))
    return counts


@pytest.mark.parametrize("name", CASES)
def test_everything_builds_and_every_raw_row_is_accounted_for(name, run):
    assert run.code == 0, run.output
    assert "Traceback" not in run.output
    found = run.rows(
        "select table_name, raw_rows, "
        "accepted_rows + rejected_rows + rows_after_as_of + erased_rows "
        "from cltv_marts.dq_row_reconciliation"
    )
    expected = raw_row_counts(OPTIONAL[name])
    assert {table: raw for table, raw, _ in found} == expected
    assert {table: accounted for table, _, accounted in found} == expected


@pytest.mark.parametrize("name", CASES)
def test_what_is_off_is_empty_and_what_is_on_is_not(name, run):
    tables = {"customers", "orders", *OPTIONAL[name]}
    for table in raw_contract():
        (rows,) = run.one(f"select count(*) from cltv_staging.stg_crm__{table}")
        assert (rows > 0) == (table in tables), table


@pytest.mark.parametrize("name", CASES)
def test_customers_are_valued_with_whatever_is_there(name, run):
    customers, realised, predicted = run.one(
        "select count(*), count(*) filter (realised_net_revenue > 0), "
        "count(*) filter (prediction_status = 'predicted') from cltv_marts.fct_customer_cltv"
    )
    # without rates, every order in another currency is set aside
    enough = 2500 if "exchange_rates" in OPTIONAL[name] else 1800
    assert customers > 2900
    assert realised > enough
    assert predicted > enough


@pytest.mark.scenario("no_lines")
@pytest.mark.scenario("everything")
def test_without_lines_the_header_values_the_same_orders(runs):
    with_lines, without = (
        dict(
            runs(name).rows(
                "select order_id, net_revenue::double from cltv_marts.fct_orders where is_sale "
                "and gift_card_sales = 0 and refunds = 0"
            )
        )
        for name in ("everything", "no_lines")
    )
    shared = with_lines.keys() & without.keys()
    assert len(shared) > 5000
    # header amounts are of the same order; only orders whose lines were rejected may differ
    different = [key for key in shared if abs(with_lines[key] - without[key]) > 0.05]
    assert len(different) < 0.01 * len(shared)


@pytest.mark.scenario("no_refunds")
@pytest.mark.scenario("everything")
def test_without_refunds_nothing_is_taken_off_but_what_the_status_says(runs):
    with_refunds, without = (
        runs(name).one(
            "select sum(refunds)::double, sum(gross_sales)::double from cltv_marts.fct_orders"
        )
        for name in ("everything", "no_refunds")
    )
    assert with_refunds[1] == without[1]
    assert without[0] < with_refunds[0]
